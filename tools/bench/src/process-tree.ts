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

/** CPU seconds so far of a process and of its children, living and ended; undefined where there is no /proc. */
export async function readTreeCpuSeconds(pid: number): Promise<number | undefined> {
  try {
    const { own, waitedFor } = await readTimes(pid);
    const children = await readChildren(pid);
    return children.reduce((total, { times }) => total + times.own, own + waitedFor);
  } catch {
    return undefined;
  }
}

/** The most bytes that a process, and each of its living children, has had in memory, added up. Rejects where there is no /proc, or the process has ended. */
export async function readTreePeak(pid: number): Promise<number> {
  const children = await readChildren(pid);
  const own = await readPeak(pid);
  const others = await Promise.all(children.map((child) => readPeak(child.pid).catch(() => 0)));
  return others.reduce((total, bytes) => total + bytes, own);
}

async function readChildren(pid: number): Promise<readonly { readonly pid: number; readonly times: ProcessTimes }[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  // Any of them may end meanwhile.
  const all = await Promise.all(
    pids.map(async (one) => ({ pid: one, times: await readTimes(one).catch(() => undefined) })),
  );
  return all.flatMap(({ pid: one, times }) => (times?.parent === pid ? [{ pid: one, times }] : []));
}

async function readPeak(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kibibytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
  // A process that is ending has no memory any more.
  if (Number.isNaN(kibibytes)) throw new Error(`Process ${pid} has ended.`);
  return kibibytes * 1024;
}
