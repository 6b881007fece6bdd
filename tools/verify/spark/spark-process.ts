import { spawn, type ChildProcessByStdio } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { fromSource, run, type TestServers } from "../test/servers.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = `${root}apps/spark/src/main.ts`;

/** Python with PySpark, and the jars of Spark's Kafka source. */
export interface Spark {
  readonly python: string;
  readonly jars: readonly string[];
}

/** Installs it the first time. */
export async function findSpark(): Promise<Spark> {
  const { code, out, err } = await run([...fromSource, main, "environment"], {});
  if (code !== 0) throw new Error(err);
  const python = out.trim();
  const jars = join(dirname(python), "../../jars");
  return { python, jars: readdirSync(jars).map((jar) => join(jars, jar)) };
}

/** Writes the flagship's job. Resolves to the path of its file. */
export async function buildJob(env: Readonly<Record<string, string>>): Promise<string> {
  const { code, err } = await run([...fromSource, main], env);
  if (code !== 0) throw new Error(`spark:build ended with code ${code}: ${err}`);
  return `${root}dist/spark/socmed/job.json`;
}

export interface SparkProcess {
  readonly ended: Promise<{ readonly code: number | null; readonly log: string }>;
  kill(): void;
}

/** Runs the job on local Spark. */
export function startSpark(
  { python, jars }: Spark,
  servers: TestServers,
  job: string,
  topic: string,
  databaseUrl: string,
  args: readonly string[],
): SparkProcess {
  const child = spawn(python, ["-m", "tidemark_spark", job, "--jars", jars.join(","), ...args], {
    // A group of its own: the JVM ends with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      PYTHONPATH: `${root}apps/spark/python`,
      KAFKA_BROKERS: servers.kafkaBrokers.join(","),
      KAFKA_TOPIC: topic,
      DATABASE_URL: databaseUrl,
    },
  });
  const { ended } = follow(child);
  return {
    ended,
    kill() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    },
  };
}

/** Collects all that a program prints, and resolves when it has ended. */
function follow(child: ChildProcessByStdio<null, Readable, Readable>) {
  let log = "";
  child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<{ code: number | null; log: string }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, log }));
  });
  return { ended, log: () => log };
}

/** Runs `spark:serve` from source. */
export function serveSpark(
  servers: TestServers,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ServeProcess {
  const child = spawn(process.execPath, [...fromSource, main, "serve", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, KAFKA_BROKERS: servers.kafkaBrokers.join(","), ...env },
  });
  return {
    ...follow(child),
    stop: () => void child.kill("SIGTERM"),
    // Its children end with it by a signal that it can answer.
    kill: () => void child.kill("SIGTERM"),
  };
}

export interface ServeProcess extends SparkProcess {
  /** What it has printed so far. */
  log(): string;
  stop(): void;
}
