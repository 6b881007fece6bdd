import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EmbeddedKafkaError } from "../../src/errors.js";
import { lockDirectory } from "../../src/storage/directory-lock.js";
import { temporaryDirectory } from "../temporary.js";

test("a directory is locked for one at a time, and free again afterwards", () => {
  const directory = temporaryDirectory();
  const unlock = lockDirectory(directory);
  expect(() => lockDirectory(directory)).toThrow(`Another broker (pid ${process.pid})`);
  unlock();
  expect(readdirSync(directory)).toEqual([]);
  lockDirectory(directory)();
});

test("the lock of a live process is respected, and taken over once it is gone", async () => {
  const directory = temporaryDirectory();
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
  await once(child, "spawn");
  writeFileSync(join(directory, "lock"), `${child.pid} `);
  expect(() => lockDirectory(directory)).toThrow(EmbeddedKafkaError);
  child.kill("SIGKILL");
  await once(child, "exit");
  lockDirectory(directory);
  expect(readFileSync(join(directory, "lock"), "utf8")).toMatch(new RegExp(`^${process.pid} `));
});

test.each(["", "nonsense", "0 5", "-1 5", "99999999999 1"])("a lock that says %j is nobody's", (content) => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "lock"), content);
  lockDirectory(directory)();
  expect(readdirSync(directory)).toEqual([]);
});

test.runIf(existsSync("/proc/self/stat"))("a pid that another process has by now is nobody's", () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "lock"), `${process.pid} 1`);
  lockDirectory(directory)();
  expect(readdirSync(directory)).toEqual([]);
});
