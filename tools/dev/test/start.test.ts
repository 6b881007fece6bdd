import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFolder, repository, run, until } from "./run.js";

const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, [join(repository, "tools/dev/start.mjs"), ...args], { env });

test("--help says what it starts, how to stop it, and starts nothing", async () => {
  const { exitCode, output } = start(["--help"]);
  expect(await exitCode).toBe(0);
  expect(output()).toMatch(/^npm start .*Ctrl-C stops all of it.*KAFKA_BROKERS.*DATABASE_URL.*TIDEMARK_DIR/s);
});

/** A folder that says that a stack runs on it. */
async function createRunningStack(): Promise<string> {
  const folder = createFolder();
  const program = join(folder, "stack.mjs");
  writeFileSync(program, 'console.log("up"); setInterval(() => {}, 60_000);');
  const other = run(process.execPath, [program]);
  await until(() => other.output() === "up\n");
  writeFileSync(join(folder, "stack.json"), JSON.stringify({ pid: other.child.pid }));
  return folder;
}

test("a file .env sets variables that are not set, as for nx run", async () => {
  const copy = createFolder();
  cpSync(join(repository, "tools/dev"), join(copy, "tools/dev"), { recursive: true });
  const [folder, other] = [await createRunningStack(), await createRunningStack()];
  writeFileSync(join(copy, ".env"), `TIDEMARK_DIR=${folder}\n`);
  const program = join(copy, "tools/dev/start.mjs");
  const unset = run(process.execPath, [program], { env: { TIDEMARK_DIR: undefined } });
  expect(await unset.exitCode).toBe(1);
  expect(unset.output()).toContain(`already running on ${folder}`);
  const set = run(process.execPath, [program], { env: { TIDEMARK_DIR: other } });
  expect(await set.exitCode).toBe(1);
  expect(set.output()).toContain(`already running on ${other}`);
});

test("where a stack already runs on the same data, it says so in one sentence and exits 1", async () => {
  const folder = await createRunningStack();
  const { exitCode, output } = start([], { TIDEMARK_DIR: folder });
  expect(await exitCode).toBe(1);
  expect(output().trim().split("\n")).toEqual([
    expect.stringMatching(/^Tidemark is already running on .* \(stack, pid \d+\): stop it by Ctrl-C in its terminal/),
  ]);
});
