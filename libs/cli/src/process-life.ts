import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Whether a process runs. One that has ended and waits for its parent (a zombie) does not. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return process.platform !== "linux" || !isZombie(pid);
}

/** Resolves when the process has ended, or when `signal` aborts. Looks four times a second. */
export async function waitForProcessEnd(pid: number, signal?: AbortSignal): Promise<void> {
  while (isProcessAlive(pid)) {
    if (signal?.aborted === true) return;
    await delay(250, undefined, signal && { signal }).catch(() => undefined);
  }
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The state follows the name, which may hold spaces and brackets.
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}
