import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { startProgram, tidemarkProgram, until, type Program } from "@tidemark/testkit";
import { expect, it } from "vitest";
import type { StopOptions } from "../src/stop-signal.js";

const words = tidemarkProgram("stop-process.ts", import.meta.url);

async function start(options: StopOptions = {}, env: NodeJS.ProcessEnv = {}, ...args: string[]): Promise<Program> {
  const program = startProgram([...words, JSON.stringify(options), ...args], { env: { ...process.env, ...env } });
  await program.says(/ready/);
  return program;
}

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("is aborted by %s, with %i as the exit code", async (name, exitCode) => {
  const { child, stderr, exited } = await start();
  child.kill(name);
  expect(await exited).toBe(exitCode);
  expect(stderr()).toBe(`${name} ${exitCode}\n`);
});

it.each([
  [{}, 1],
  [{ secondExitCode: 130 }, 130],
])("ends the program at a second signal with options %j", async (options, exitCode) => {
  const { child, stderr, exited } = await start(options, { LINGERS: "yes" });
  // Signals that come together are one stop.
  const again = setInterval(() => child.kill("SIGTERM"), 100);
  expect(await exited).toBe(exitCode);
  clearInterval(again);
  expect(stderr()).toBe("SIGTERM 143\n");
});

it("counts two signals that come together as one stop", async () => {
  const { child, stderr } = await start({}, { LINGERS: "yes" });
  child.kill("SIGINT");
  child.kill("SIGTERM");
  await until(() => stderr() !== "");
  // It writes again after both signals have arrived.
  await once(child.stdout as Readable, "data");
  await once(child.stdout as Readable, "data");
  expect(child.exitCode).toBeNull();
});

it("outlives its terminal where that is asked for", async () => {
  const { child, exited } = await start({ ignoreHangup: true });
  child.kill("SIGHUP");
  child.kill("SIGTERM");
  expect(await exited).toBe(143);
});

it("stops when nobody reads its output any more, or goes on", async () => {
  const stopped = await start();
  const going = await start({ closedOutput: "ignore" });
  stopped.child.stdout?.destroy();
  going.child.stdout?.destroy();
  expect(await stopped.exited).toBe(1);
  expect(stopped.stderr()).toBe("output 1\n");
  going.child.kill("SIGINT");
  expect(await going.exited).toBe(130);
});

it("stops with the stack, and logs how to start it again", async () => {
  const stack = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
  const { stderr, exited } = await start({}, {}, String(stack.pid));
  stack.stdin.end();
  expect(await exited).toBe(1);
  expect(stderr()).toBe(
    `the stack (pid ${stack.pid}) has ended. Start it again: nx run stack:serve, or npm start.\nstack 1\n`,
  );
});
