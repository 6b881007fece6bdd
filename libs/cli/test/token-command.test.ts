import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTokenCommand } from "../src/token-command.js";
import { temporaryDirectory } from "./workspace.js";

const HOUR_MS = 3_600_000;

/** A token whose middle part says when it expires, and the command that prints it and counts its runs. */
async function countedCommand(expiresMs: number) {
  const runs = join(await temporaryDirectory(), "runs");
  const token = `head.${Buffer.from(JSON.stringify({ exp: expiresMs / 1000 })).toString("base64url")}.tail`;
  return {
    token,
    command: `echo run >> '${runs}'; echo '${token}'`,
    runs: async () => (await readFile(runs, "utf8")).trim().split("\n").length,
  };
}

test("a JWT is used until shortly before it expires", async () => {
  const { token, command, runs } = await countedCommand(HOUR_MS);
  let now = 0;
  const ask = createTokenCommand(command, () => now);
  expect(await Promise.all([ask(), ask()])).toEqual([{ value: token }, { value: token }]);
  now = HOUR_MS - 31_000;
  await ask();
  expect(await runs()).toBe(1);
  now = HOUR_MS - 29_000;
  await ask();
  expect(await runs()).toBe(2);
});

test("another token is asked for anew by each connection", async () => {
  const ask = createTokenCommand("date +%s%N");
  expect(await ask()).not.toEqual(await ask());
});

test.each([
  ["echo s3cret; exit 3", "KAFKA_SASL_TOKEN_COMMAND failed (exit code 3)"],
  ["echo s3cret and more", "KAFKA_SASL_TOKEN_COMMAND did not print one token"],
])("a command that fails is worth another try, and shows no secret: %s", async (command, message) => {
  await expect(createTokenCommand(command)()).rejects.toMatchObject({ retryable: true, message });
});
