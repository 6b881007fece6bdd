import { spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "@tidemark/testkit";
import { expect, onTestFinished, test } from "vitest";
import { takeLock } from "../src/directory-lock.js";
import { temporaryDirectory } from "./running-stack.js";

const dead = JSON.stringify({ pid: 2_147_483_646, startedAt: "long ago" });

test("a lock is held by one at a time, and can be taken again when it was released", async () => {
  const directory = await temporaryDirectory();
  const path = join(directory, "lock");
  const first = await takeLock(path);
  expect(first.taken).toBe(true);
  expect(await takeLock(path)).toEqual({ taken: false, pid: process.pid });
  if (first.taken) await first.release();
  const second = await takeLock(path);
  expect(second.taken).toBe(true);
  expect(await readdir(directory)).toEqual(["lock"]);
});

test.each([
  ["of a process that is gone", dead],
  ["of an earlier process with the pid of this one", JSON.stringify({ pid: process.pid, startedAt: "long ago" })],
  ["with nothing in it", ""],
  ["with something else in it", "null"],
])("a lock %s is taken over", async (_name, text) => {
  const directory = await temporaryDirectory();
  const path = join(directory, "lock");
  await writeFile(path, text);
  expect((await takeLock(path)).taken).toBe(true);
  expect(await readdir(directory)).toEqual(["lock"]);
});

test("a process that died while it took a lock over keeps nobody from it", async () => {
  const path = join(await temporaryDirectory(), "lock");
  await writeFile(path, dead);
  await writeFile(`${path}.takeover`, dead);
  expect((await takeLock(path)).taken).toBe(true);
});

test("releasing leaves a lock alone that has another holder by now", async () => {
  const path = join(await temporaryDirectory(), "lock");
  const lock = await takeLock(path);
  await writeFile(path, dead);
  if (lock.taken) await lock.release();
  expect(await readFile(path, "utf8")).toBe(dead);
});

test("of many processes that take over a dead one's lock at once exactly one gets it, every time", async () => {
  const directory = await temporaryDirectory();
  const rounds = 40;
  const contenders = [1, 2, 3, 4].map(() => startContender(directory, rounds));
  await until(() => contenders.every(({ output }) => output().startsWith("\n")));
  for (let round = 0; round < rounds; round += 1) await writeFile(join(directory, `lock-${round}`), dead);
  for (const { child } of contenders) child.stdin.write("go\n");
  await until(() => contenders.every(({ output }) => output().length === 1 + rounds));
  for (let round = 0; round < rounds; round += 1) {
    expect(contenders.filter(({ output }) => output()[1 + round] === "1")).toHaveLength(1);
  }
});

function startContender(directory: string, rounds: number) {
  const script = fileURLToPath(new URL("lock-contender.ts", import.meta.url));
  const words = ["--conditions=@tidemark/source", "--import", "tsx", script, directory, String(rounds)];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return { child, output: () => text };
}
