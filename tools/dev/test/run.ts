/** Real processes for the tests, all of them ended when a test is over. */
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, vi } from "vitest";

export const repository = resolve(import.meta.dirname, "../../..");

const folders: string[] = [];
const pids = new Set<number>();

afterEach(() => {
  for (const pid of pids) kill(pid);
  pids.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function createFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tidemark-dev-")));
  folders.push(folder);
  return folder;
}

export interface Running {
  readonly child: ChildProcess;
  /** What it printed so far, both streams. */
  readonly output: () => string;
  readonly exitCode: Promise<number | null>;
}

/** Starts a program that prints to pipes. `env` is added to this process's. */
export function run(command: string, args: readonly string[], { env, ...options }: SpawnOptions = {}): Running {
  // Of wishes for colours that contradict each other (Nx sets one) Node warns on stderr.
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
  const child = spawn(command, args, { ...options, env: { ...inherited, ...env }, stdio: "pipe" });
  if (child.pid !== undefined) pids.add(child.pid);
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      printed += chunk;
    });
  }
  const exitCode = once(child, "close").then(([code]: (number | null)[]) => code ?? null);
  return { child, output: () => printed, exitCode };
}

/** What the stand-ins wrote down, as `name event`, in order. */
export function createJournal(): { path: string; events: () => string[]; pids: () => number[] } {
  const path = join(createFolder(), "journal");
  const lines = (): string[] => (existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : []);
  const readPids = (): number[] => {
    const found = lines().map((line) => Number(line.split(" ").at(-1)));
    for (const pid of found) pids.add(pid);
    return [...new Set(found)];
  };
  return { path, events: () => lines().map((line) => line.replace(/ \d+$/, "")), pids: readPids };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie has ended; it only waits for its parent to notice.
  return !existsSync(`/proc/${pid}/stat`) || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

export async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 50_000, interval: 20 });
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
