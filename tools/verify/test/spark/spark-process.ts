import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromSource, run, type TestServers } from "../servers.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const python = `${root}dist/spark-venv/bin/python`;

/** Whether `nx run spark:venv` has made the virtual environment. */
export const hasSpark = existsSync(python);

/** Writes the flagship's job. Resolves to the path of its file. */
export async function buildJob(): Promise<string> {
  const { code, err } = await run([...fromSource, `${root}apps/spark/src/main.ts`], {});
  if (code !== 0) throw new Error(`spark:build ended with code ${code}: ${err}`);
  return `${root}dist/spark/socmed/job.json`;
}

export interface SparkProcess {
  readonly ended: Promise<{ readonly code: number | null; readonly log: string }>;
  kill(): void;
}

/** Runs the job on local Spark. */
export function startSpark(
  servers: TestServers,
  job: string,
  topic: string,
  databaseUrl: string,
  args: readonly string[],
): SparkProcess {
  const child = spawn(python, ["-m", "tidemark_spark", job, "--master", "local[2,4]", ...args], {
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
  let log = "";
  child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<{ code: number | null; log: string }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, log }));
  });
  return {
    ended,
    kill() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    },
  };
}
