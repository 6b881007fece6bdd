import { writeFileSync } from "node:fs";
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

test("where a stack already runs on the same data, it says so in one sentence and exits 1", async () => {
  const folder = createFolder();
  const program = join(folder, "stack.mjs");
  writeFileSync(program, 'console.log("up"); setInterval(() => {}, 60_000);');
  const other = run(process.execPath, [program]);
  await until(() => other.output() === "up\n");
  writeFileSync(join(folder, "stack.json"), JSON.stringify({ pid: other.child.pid }));
  const { exitCode, output } = start([], { TIDEMARK_DIR: folder });
  expect(await exitCode).toBe(1);
  expect(output().trim().split("\n")).toEqual([
    expect.stringMatching(/^Tidemark is already running on .* \(stack, pid \d+\): stop it by Ctrl-C in its terminal/),
  ]);
});
