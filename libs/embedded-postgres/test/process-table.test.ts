import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { commandLineOf, isAlive, parentOf, signal } from "../src/process-table.js";
import { until } from "./workspace.js";

test("a live process is alive, has this one as its parent and its words as its command line", async () => {
  const child = spawn("/bin/sh", ["-c", "read -r _", "some (odd) name"], { stdio: ["pipe", "ignore", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const pid = child.pid ?? 0;
  await until(() => commandLineOf(pid).includes("odd"));
  expect(isAlive(pid)).toBe(true);
  expect(parentOf(pid)).toBe(process.pid);
  expect(commandLineOf(pid)).toBe("/bin/sh -c read -r _ some (odd) name");

  expect(signal(pid, "SIGKILL")).toBe(true);
  await once(child, "exit");
  expect(isAlive(pid)).toBe(false);
  expect(parentOf(pid)).toBeUndefined();
  expect(commandLineOf(pid)).toBe("");
  expect(signal(pid, "SIGKILL")).toBe(false);
});

test("a process that has ended and that nobody waited for is not alive", async () => {
  // The child ends when it is told to, once its parent has become a program that waits for nobody.
  const script = "read -r _ <&3 & echo $!; exec sleep 3600";
  const parent = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore", "pipe"] });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [output] = (await once(parent.stdout as Readable, "data")) as [Buffer];
  const pid = Number(output.toString());
  await until(() => commandLineOf(parent.pid ?? 0) === "sleep 3600");
  expect(isAlive(pid)).toBe(true);
  (parent.stdio[3] as Writable).end();
  await until(() => !isAlive(pid));
  expect(parentOf(pid), "its parent has not taken its status").toBe(parent.pid);
});
