import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

/** What a process took, from its start to its end. */
export interface ProcessFigures {
  readonly wallSeconds: number;
  /** User and system time; undefined where there is no /proc. */
  readonly cpuSeconds: number | undefined;
  /** Largest resident set in MB (10^6 bytes); undefined where there is no /proc. */
  readonly peakMegabytes: number | undefined;
  /** What it printed, and when, in seconds since its start. */
  readonly lines: readonly PrintedLine[];
}

export interface PrintedLine {
  readonly atSeconds: number;
  readonly text: string;
}

const sampleEveryMs = 50;
const ticksPerSecond = 100; // USER_HZ, on every Linux

/** Runs a command to its end. Rejects, with what it said, when it exits with another code than 0. */
export async function runMeasured(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ProcessFigures> {
  const started = performance.now();
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const lines: PrintedLine[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => {
    lines.push({ atSeconds: (performance.now() - started) / 1000, text });
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  let figures: { cpuSeconds?: number; peakMegabytes?: number } = {};
  const sampler = setInterval(async () => {
    // The process may have ended between two samples: then the last one stands.
    if (child.pid !== undefined) figures = await sample(child.pid).catch(() => figures);
  }, sampleEveryMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => clearInterval(sampler));
  if (code !== 0) throw new Error(`${args.join(" ")} ended with code ${code}:\n${errors}`);
  return {
    wallSeconds: (performance.now() - started) / 1000,
    cpuSeconds: figures.cpuSeconds,
    peakMegabytes: figures.peakMegabytes,
    lines,
  };
}

async function sample(pid: number): Promise<{ cpuSeconds: number; peakMegabytes: number }> {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, "utf8"),
    readFile(`/proc/${pid}/stat`, "utf8"),
  ]);
  const peakKibibytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
  // A process that is ending has no memory any more.
  if (Number.isNaN(peakKibibytes)) throw new Error(`Process ${pid} has ended.`);
  // Fields 14 and 15, counted behind the command's name, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  return { cpuSeconds, peakMegabytes: (peakKibibytes * 1024) / 1e6 };
}
