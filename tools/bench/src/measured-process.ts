import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";

/** What a process took, from its start to its end. */
export interface ProcessFigures {
  readonly wallSeconds: number;
  /** User and system time; undefined where there is no /proc. */
  readonly cpuSeconds: number | undefined;
  /** Largest resident set in MB (10^6 bytes); undefined where there is no /proc. */
  readonly peakMegabytes: number | undefined;
  readonly stdout: string;
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
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  let figures: { cpuSeconds?: number; peakMegabytes?: number } = {};
  const sampler = setInterval(async () => {
    // The process may have ended between two samples: then the last one stands.
    if (child.pid !== undefined) figures = await sample(child.pid).catch(() => figures);
  }, sampleEveryMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  }).finally(() => clearInterval(sampler));
  if (code !== 0) throw new Error(`${args.join(" ")} ended with code ${code}:\n${output.stderr}${output.stdout}`);
  return {
    wallSeconds: (performance.now() - started) / 1000,
    cpuSeconds: figures.cpuSeconds,
    peakMegabytes: figures.peakMegabytes,
    stdout: output.stdout,
  };
}

async function sample(pid: number): Promise<{ cpuSeconds: number; peakMegabytes: number }> {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, "utf8"),
    readFile(`/proc/${pid}/stat`, "utf8"),
  ]);
  const peakKibibytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
  // Fields 14 and 15, counted behind the command's name, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  return { cpuSeconds, peakMegabytes: (peakKibibytes * 1024) / 1e6 };
}
