import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isProcessAlive } from "@tidemark/cli";

export type LockResult =
  { readonly taken: true; readonly release: () => Promise<void> } | { readonly taken: false; readonly pid: number };

interface Holder {
  readonly pid: number;
  /** When the process started: its pid alone may be another's by now. */
  readonly startedAt: string;
}

/**
 * Takes the lock that is the file `path`, also from a holder that is gone. Of any number of processes at once one gets it.
 *
 * Whoever takes it from a dead holder first takes a second lock on doing so; that one can be left by a dead process as
 * well, and is then taken in the same way.
 */
export async function takeLock(path: string): Promise<LockResult> {
  const mine = JSON.stringify({ pid: process.pid, startedAt: readStartTime(process.pid) } satisfies Holder);
  const draft = `${path}.${process.pid}-${randomUUID()}`;
  await writeFile(draft, mine);
  try {
    for (;;) {
      if (await linked(draft, path)) return held(path, mine);
      const found = await readText(path);
      if (found === undefined) continue;
      const holder = parseHolder(found);
      if (holder !== undefined && isRunning(holder)) return { taken: false, pid: holder.pid };
      if (await replaceDead(path, found, draft)) return held(path, mine);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Puts the draft in the place of a dead holder's file; false when somebody else was quicker. */
async function replaceDead(path: string, dead: string, draft: string): Promise<boolean> {
  const right = await takeLock(`${path}.takeover`);
  if (!right.taken) return false;
  try {
    if ((await readText(path)) !== dead) return false;
    await rename(draft, path);
    return true;
  } finally {
    await right.release();
  }
}

function held(path: string, mine: string): LockResult {
  return {
    taken: true,
    release: async () => {
      if ((await readText(path)) === mine) await rm(path, { force: true });
    },
  };
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function isRunning({ pid, startedAt }: Holder): boolean {
  return isProcessAlive(pid) && readStartTime(pid) === startedAt;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, startedAt } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === "number" && typeof startedAt === "string" ? { pid, startedAt } : undefined;
  } catch {
    return undefined;
  }
}

function readStartTime(pid: number): string {
  try {
    if (process.platform === "linux") {
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // Field 22, in ticks since boot; the first two end with the name's bracket.
      return `${boot} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
    }
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
