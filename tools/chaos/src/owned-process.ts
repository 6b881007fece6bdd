import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { isProcessAlive } from "@tidemark/cli";
import type { Guard } from "./guard.js";

export interface ProcessEnd {
  /** null where a signal ended it. */
  readonly code: number | null;
  /** The last lines of its standard error. */
  readonly lastWords: readonly string[];
}

/** A process of this run, in a session of its own: what happens to it comes from here. */
export interface OwnedProcess {
  readonly pid: number;
  /** Also where it is stopped. */
  isAlive(): boolean;
  /** Whether it was there to get it. */
  signal(name: NodeJS.Signals): boolean;
  readonly ended: Promise<ProcessEnd>;
}

export interface ProcessOptions {
  readonly guard: Guard;
  readonly env: Readonly<Record<string, string>>;
  /** Each line of its standard output. */
  readonly onLine: (line: string) => void;
}

const rememberedLines = 20;

export function startProcess([command = "", ...args]: readonly string[], options: ProcessOptions): OwnedProcess {
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    // Programs may take the end of their standard input for the end of this one.
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const { pid = 0 } = child;
  options.guard.add(pid);
  child.stdin.on("error", () => undefined);
  createInterface({ input: child.stdout }).on("line", options.onLine);
  const lastWords: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    lastWords.push(line);
    if (lastWords.length > rememberedLines) lastWords.shift();
  });
  const ended = once(child, "close").then(([code]) => {
    options.guard.remove(pid);
    return { code: code as number | null, lastWords };
  });
  const isAlive = (): boolean => isProcessAlive(pid);
  return { pid, isAlive, ended, signal: (name) => isAlive() && child.kill(name) };
}
