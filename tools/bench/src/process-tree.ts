import { readdir, readFile } from "node:fs/promises";

const ticksPerSecond = 100; // USER_HZ, on every Linux

interface ProcessTimes {
  readonly parent: number;
  /** User and system time of the process itself, in seconds. */
  readonly own: number;
  /** Of the children that have ended and that it has waited for. */
  readonly waitedFor: number;
}

/** From /proc: rejects where there is none, and where the process has ended. */
async function readTimes(pid: number | string): Promise<ProcessTimes> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // Fields from the third on, counted behind the command's name, which may hold anything.
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const sum = (first: number) => ((fields[first] ?? 0) + (fields[first + 1] ?? 0)) / ticksPerSecond;
  return { parent: fields[1] ?? 0, own: sum(11), waitedFor: sum(13) };
}

/** The pid of a process's parent. */
export async function findParent(pid: number): Promise<number> {
  return (await readTimes(pid)).parent;
}

/** CPU seconds of one process so far. */
export async function readCpuSeconds(pid: number): Promise<number> {
  return (await readTimes(pid)).own;
}

/** CPU seconds so far of a server and of its children, living and ended; undefined where there is no /proc. */
export async function readTreeCpuSeconds(pid: number): Promise<number | undefined> {
  try {
    const { own, waitedFor } = await readTimes(pid);
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    // Any of them may end meanwhile.
    const others = await Promise.all(pids.map((one) => readTimes(one).catch(() => undefined)));
    const children = others.filter((one) => one?.parent === pid);
    return children.reduce((total, child) => total + (child?.own ?? 0), own + waitedFor);
  } catch {
    return undefined;
  }
}
