import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { isProcessAlive, waitForProcessEnd } from "../src/process-life.js";
import { deadPid } from "./workspace.js";

test("this process is alive, and one that has ended is not", async () => {
  expect(isProcessAlive(process.pid)).toBe(true);
  expect(isProcessAlive(await deadPid())).toBe(false);
});

test.runIf(process.platform === "linux")("a process that nobody waits for is gone when it has ended", async () => {
  const parent = spawn("/bin/sh", ["-c", "sleep 0.01 & echo $!; exec sleep 3600"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [pid] = (await once(parent.stdout, "data")) as [Buffer];
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
