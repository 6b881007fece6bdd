import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isProcessAlive } from "@tidemark/cli";
import { expect, onTestFinished } from "vitest";

export interface Running {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** The exit code, once the process and its output have ended. */
  readonly exited: Promise<number | null>;
  /** The first match in what it prints on standard output, once it is there. */
  says(pattern: RegExp): Promise<string>;
}

/** The words that run a TypeScript file of this tool, or of another project by a path that begins with ../. */
export function command(file: string): string[] {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  return [process.execPath, "--conditions=@tidemark/source", "--import", "tsx", path];
}

/** Runs a program that is killed after the test; `env` is added to this process's. */
export function run([file = "", ...args]: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const exited = once(child, "close").then(([code]) => code as number | null);
  return {
    child,
    stdout: () => out,
    stderr: () => err,
    exited,
    async says(pattern) {
      await until(() => pattern.test(out) || child.exitCode !== null);
      expect(out, err).toMatch(pattern);
      return pattern.exec(out)?.[0] ?? "";
    },
  };
}

/** Waits until the process has ended. */
export function untilGone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1);
  return until(() => !isProcessAlive(pid));
}

/** Waits until the condition holds; the time limit of the test ends it otherwise. */
export function until(condition: () => boolean): Promise<void> {
  return expect.poll(condition, { timeout: 100_000, interval: 50 }).toBe(true);
}
