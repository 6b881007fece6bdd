import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { NO_KAFKA_CONNECTION } from "@tidemark/cli";
import { readTreeCpuSeconds, readTreePeak } from "./process-tree.js";

/** What a process took, from its start to its end. */
export interface ProcessFigures {
  readonly wallSeconds: number;
  /** User and system time of the process and its children; undefined where there is no /proc. */
  readonly cpuSeconds: number | undefined;
  /** The largest resident set of each of them, added up, in MB (10^6 bytes); undefined where there is no /proc. */
  readonly peakMegabytes: number | undefined;
  /** What it printed, and when. */
  readonly lines: readonly PrintedLine[];
}

export interface PrintedLine {
  /** As `performance.now()` of this process, in ms. */
  readonly atMs: number;
  readonly text: string;
}

export interface MeasuredProcess {
  readonly pid: number;
  /** Rejects, with what the process said, when it exits with another code than 0. */
  readonly ended: Promise<ProcessFigures>;
  /** Resolves to the first line that holds these words, as soon as it is printed; rejects where the process ends before. */
  awaitLine(words: string): Promise<PrintedLine>;
  /** SIGTERM. */
  stop(): void;
}

const sampleEveryMs = 100;

export type Command = readonly [string, ...string[]];

export function startMeasured(command: Command, env: Readonly<Record<string, string>>): MeasuredProcess {
  const [program, ...args] = command;
  const started = performance.now();
  const child = spawn(program, args, {
    env: { ...process.env, ...NO_KAFKA_CONNECTION, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: PrintedLine[] = [];
  const printed = createInterface({ input: child.stdout });
  printed.on("line", (text) => lines.push({ atMs: performance.now(), text }));
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const pid = child.pid ?? 0;
  let cpuSeconds: number | undefined;
  let peakBytes: number | undefined;
  const sampler = setInterval(async () => {
    // The process may have ended between two samples: then the last one stands.
    const [cpu, bytes] = await Promise.all([readTreeCpuSeconds(pid), readTreePeak(pid).catch(() => 0)]);
    cpuSeconds = cpu ?? cpuSeconds;
    if (bytes > 0) peakBytes = Math.max(bytes, peakBytes ?? 0);
  }, sampleEveryMs);

  async function figuresAtEnd(): Promise<ProcessFigures> {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    }).finally(() => clearInterval(sampler));
    if (code !== 0) throw new Error(`${command.join(" ")} ended with code ${code}:\n${errors}`);
    const peakMegabytes = peakBytes === undefined ? undefined : peakBytes / 1e6;
    return { wallSeconds: (performance.now() - started) / 1000, cpuSeconds, peakMegabytes, lines };
  }

  const ended = figuresAtEnd();
  return {
    pid,
    ended,
    async awaitLine(words) {
      const found = new Promise<PrintedLine>((resolve) => {
        const look = () => {
          const line = lines.find(({ text }) => text.includes(words));
          if (line !== undefined) resolve(line);
        };
        printed.on("line", look);
        look();
      });
      const line = await Promise.race([found, ended.then(() => undefined)]);
      if (line === undefined) throw new Error(`${command.join(" ")} ended and never said: ${words}`);
      return line;
    },
    stop: () => void child.kill("SIGTERM"),
  };
}

/** Runs a command to its end. Rejects, with what it said, when it exits with another code than 0. */
export function runMeasured(command: Command, env: Readonly<Record<string, string>>): Promise<ProcessFigures> {
  return startMeasured(command, env).ended;
}
