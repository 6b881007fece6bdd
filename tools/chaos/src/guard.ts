import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { programOf } from "./programs.js";

/**
 * Watches over what this run owns from a process of its own: however this one ends, none of its processes stays, stopped or
 * not, and neither does its directory.
 */
export interface Guard {
  add(pid: number): void;
  /** It has ended: its number may soon be another's. */
  remove(pid: number): void;
  /** Kills what is left and removes the directory. */
  close(): Promise<void>;
}

/** The shell ends at once, so that the guard is no descendant of this process: Nx, for one, ends whole trees of them. */
const script = `"$@" <&3 3<&- &`;

export function startGuard(directory: string): Guard {
  const program = programOf("tools/chaos/src/guard-process.ts");
  const child = spawn("/bin/sh", ["-c", script, "tidemark-chaos-guard", ...program, directory], {
    detached: true,
    stdio: ["ignore", "inherit", "inherit", "pipe", "pipe"],
  });
  const [, , , orders, life] = child.stdio as unknown as [null, null, null, Writable, Readable];
  orders.on("error", () => undefined);
  // The guard alone holds the other end.
  const ended = once(life.resume(), "close");
  return {
    add: (pid) => void orders.write(`+${pid}\n`),
    remove: (pid) => void orders.write(`-${pid}\n`),
    async close() {
      orders.end();
      await ended;
    },
  };
}
