import { chmodSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildBatch } from "./batch-builder.js";
import { send } from "./requests.js";
import { createTopic, temporaryBroker, temporaryClient, temporaryDirectory } from "./temporary.js";

const modeOf = (path: string) => statSync(path).mode & 0o777;

async function fill(dataDir: string): Promise<void> {
  const client = await temporaryClient(await temporaryBroker(dataDir));
  await createTopic(client, "t");
  await send(client, "t", buildBatch({ values: ["a"] }));
}

test("a new directory of the broker is its owner's alone, and those above are as any other", async () => {
  const root = temporaryDirectory();
  await fill(join(root, "above", "data"));
  expect([modeOf(join(root, "above")), modeOf(join(root, "above", "data"))]).toEqual([0o777 & ~process.umask(), 0o700]);
});

test("in a directory that others may read, records and offsets are the owner's alone", async () => {
  const dataDir = temporaryDirectory();
  chmodSync(dataDir, 0o755);
  mkdirSync(join(dataDir, "topics"), { mode: 0o755 });
  await fill(dataDir);
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name !== "lock",
  );
  expect(files.length).toBeGreaterThan(2);
  for (const { parentPath, name } of files) expect(modeOf(join(parentPath, name)), name).toBe(0o600);
  expect(modeOf(join(dataDir, "topics"))).toBe(0o700);
});
