import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { SparkEnvironment } from "./environment.js";
import { parseJobEvent, type JobEvent } from "./job-event.js";

const packageFolder = fileURLToPath(new URL("../python/", import.meta.url));
const LINES_KEPT = 40;

export interface SparkProcessOptions {
  readonly environment: SparkEnvironment;
  /** Path of a job.json. */
  readonly job: string;
  readonly args: readonly string[];
  /** Replace those of this process: addresses, and how to connect. Undefined: unset. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly onEvent: (event: JobEvent) => void;
}

export interface SparkProcess {
  /** The exit code, null after a signal, and the last lines of Spark's own output. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  /** Ends the query where it stands; what is not committed yet is read again by the next run. */
  stop(): void;
  kill(): void;
}

/** Runs the job on Spark on this machine. The JVM and its workers end with the process. */
export function startSpark({ environment, job, args, variables, onEvent }: SparkProcessOptions): SparkProcess {
  const { python, jars } = environment;
  const child = spawn(python, ["-m", "tidemark_spark", job, "--events", "--jars", jars.join(","), ...args], {
    // A group of its own: a Ctrl-C of the terminal reaches it by `stop` alone, and a kill all of it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PYTHONPATH: packageFolder, PYTHONUNBUFFERED: "1", ...variables },
  });
  const last: string[] = [];
  const keep = (line: string) => {
    last.push(line);
    if (last.length > LINES_KEPT) last.shift();
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    const event = parseJobEvent(line);
    if (event === undefined) keep(line);
    else onEvent(event);
  });
  createInterface({ input: child.stderr }).on("line", keep);
  const signal = (name: NodeJS.Signals, toGroup: boolean) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(toGroup ? -child.pid : child.pid, name);
  };
  return {
    ended: once(child, "close").then(([code]) => ({ code: code as number | null, output: last.join("\n") })),
    stop: () => signal("SIGTERM", false),
    kill: () => signal("SIGKILL", true),
  };
}
