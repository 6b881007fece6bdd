import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findAddresses } from "@tidemark/addresses";
import { Client } from "pg";
import { repositoryRoot, runBuilt } from "./apps.js";

/** Embedded servers of a run's own, in a temporary directory. */
export interface BenchStack {
  readonly directory: string;
  readonly kafkaBrokers: readonly string[];
  /** An empty database, new at each call. */
  createDatabase(): Promise<string>;
  close(): Promise<void>;
}

export async function startStack(): Promise<BenchStack> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-bench-"));
  // Postgres may run as another user, who has to get in.
  await chmod(directory, 0o755);
  const [command, ...args] = runBuilt("stack");
  const env = { ...process.env, TIDEMARK_DIR: directory, KAFKA_BROKERS: "", DATABASE_URL: "" };
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  try {
    const addresses = await findAddresses({
      env: { TIDEMARK_DIR: directory },
      need: ["kafka", "postgres"],
      root: repositoryRoot,
    });
    let databases = 0;
    return {
      directory,
      kafkaBrokers: addresses.kafkaBrokers,
      async createDatabase() {
        databases += 1;
        const client = new Client({ connectionString: addresses.databaseUrl });
        await client.connect();
        await client.query(`CREATE DATABASE bench_${databases}`);
        await client.end();
        const url = new URL(addresses.databaseUrl);
        url.pathname = `/bench_${databases}`;
        return url.href;
      },
      close: () => stop(child, directory),
    };
  } catch (error) {
    await stop(child, directory);
    throw error;
  }
}

async function stop(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }
  await rm(directory, { recursive: true, force: true });
}
