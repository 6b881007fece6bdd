import { spawn } from "node:child_process";
import { once } from "node:events";
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

export function startGuard(directory: string): Guard {
  const [command = "", ...args] = programOf("tools/chaos/src/guard-process.ts");
  const child = spawn(command, [...args, directory], { stdio: ["pipe", "inherit", "inherit"], detached: true });
  const ended = once(child, "exit");
  child.stdin.on("error", () => undefined);
  return {
    add: (pid) => void child.stdin.write(`+${pid}\n`),
    remove: (pid) => void child.stdin.write(`-${pid}\n`),
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
