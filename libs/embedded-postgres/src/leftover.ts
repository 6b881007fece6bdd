import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EmbeddedPostgresError } from "./errors.js";
import { commandLineOf, isAlive, parentOf, signal } from "./process-table.js";
import { supervisorMark } from "./supervisor.js";

/** What a running or killed Postgres wrote into its data directory. */
export interface PostmasterFile {
  readonly pid: number;
  /** `starting`, `ready`, `stopping` or, so early that Postgres has not written it yet, empty. */
  readonly status: string;
}

const dyingMs = 500;

const file = (dataDir: string): string => join(dataDir, "postmaster.pid");

/** Reads postmaster.pid; undefined when there is none. Its lines: pid, directory, start, port, sockets, address, key, status. */
export async function readPostmasterFile(dataDir: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(file(dataDir), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, status: lines[7]?.trim() ?? "" } : undefined;
}

/**
 * Clears the way for a new Postgres on this directory, when its last one was not shut down: a Postgres whose owner is
 * dead is stopped. Throws `in-use` when its owner lives, and `still-running` when it can't be stopped.
 */
export async function endLeftover(dataDir: string, log: (line: string) => void): Promise<void> {
  const left = await readPostmasterFile(dataDir);
  if (left === undefined) return;
  const { pid } = left;
  if (!isPostmasterOf(pid, dataDir)) {
    log(`Postgres was not shut down in ${dataDir}: it will recover`);
    if (isAlive(pid)) await disown(dataDir);
    return;
  }
  const owner = ownerOf(pid);
  // One that was killed just now is there for a moment longer.
  if (owner !== undefined && !(await waitForEnd(owner, dyingMs))) {
    throw new EmbeddedPostgresError(
      "in-use",
      `${dataDir} is used by a running Postgres (pid ${pid}) of process ${owner}. Stop that, or give another directory.`,
    );
  }
  log(`stopping the Postgres with pid ${pid}, whose owner is gone`);
  await stopPostmaster(pid, dataDir);
}

/** Fast shutdown, then immediate, then SIGKILL, each only when the one before did not do it. Waits for the end. */
export async function stopPostmaster(pid: number, dataDir: string): Promise<void> {
  const steps: readonly (readonly [NodeJS.Signals, number])[] = [
    ["SIGINT", 60_000],
    ["SIGQUIT", 10_000],
    ["SIGKILL", 5_000],
  ];
  for (const [name, patienceMs] of steps) {
    if (!isPostmasterOf(pid, dataDir)) return;
    if (!signal(pid, name) || (await waitForEnd(pid, patienceMs))) return;
  }
  throw new EmbeddedPostgresError("still-running", `the Postgres with pid ${pid} in ${dataDir} does not end.`);
}

/**
 * Postgres believes that any process with the pid in postmaster.pid is its predecessor, and after a restart of the
 * machine or container that may be anything. So the pid becomes one that no process has. The rest stays: by it Postgres
 * sees whether backends of a killed postmaster still run.
 */
async function disown(dataDir: string): Promise<void> {
  const text = await readFile(file(dataDir), "utf8");
  await writeFile(file(dataDir), text.replace(/^\d+/, "2147483646"));
}

async function waitForEnd(pid: number, patienceMs: number): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

function isPostmasterOf(pid: number, dataDir: string): boolean {
  if (!isAlive(pid)) return false;
  return commandLineOf(pid).includes(`postgres -D ${dataDir} `);
}

/** The live process that started this Postgres; undefined when it or the supervisor between them is gone. */
function ownerOf(postmaster: number): number | undefined {
  const supervisor = parentOf(postmaster);
  if (supervisor === undefined) return undefined;
  const owner = Number(new RegExp(`${supervisorMark} (\\d+)`).exec(commandLineOf(supervisor))?.[1]);
  return isAlive(owner) ? owner : undefined;
}
