import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { expect, onTestFinished, test, vi } from "vitest";
import { isProcessAlive, waitForProcessEnd } from "../src/process-life.js";
import { deadPid } from "./workspace.js";

test("this process is alive, and one that has ended is not", async () => {
  expect(isProcessAlive(process.pid)).toBe(true);
  expect(isProcessAlive(await deadPid())).toBe(false);
});

test.runIf(process.platform === "linux")("a process that nobody waits for is gone when it has ended", async () => {
  // The child ends with its input, and that only once its parent is a program that waits for nobody.
  const parent = spawn("/bin/sh", ["-c", "cat <&3 & echo $!; exec sleep 3600 3<&-"], {
    stdio: ["ignore", "pipe", "ignore", "pipe"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [pid] = (await once(parent.stdout as Readable, "data")) as [Buffer];
  await vi.waitUntil(() => readFileSync(`/proc/${parent.pid}/comm`, "utf8").trim() === "sleep", { timeout: 50_000 });
  (parent.stdio[3] as Writable).end();
  await waitForProcessEnd(Number(pid.toString()));
  expect(() => process.kill(Number(pid.toString()), 0), "its pid is still taken").not.toThrow();
});

test("waiting for a process ends with the process", async () => {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
  const ended = waitForProcessEnd(child.pid ?? 0);
  const first = await Promise.race([ended.then(() => "ended"), new Promise(setImmediate).then(() => "waiting")]);
  expect(first).toBe("waiting");
  child.stdin.end();
  await ended;
  expect(isProcessAlive(child.pid ?? 0)).toBe(false);
});

test("waiting for a process ends with the signal", async () => {
  const controller = new AbortController();
  const ended = waitForProcessEnd(process.pid, controller.signal);
  controller.abort();
  await expect(ended).resolves.toBeUndefined();
});
