import { spawn, type ChildProcess } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findAddresses } from "@tidemark/cli";
import { findInstalledPostgres, startPostgres } from "@tidemark/embedded-postgres";
import { startRealKafka } from "@tidemark/real-kafka";
import { Client } from "pg";
import { repositoryRoot, runBuilt } from "./apps.js";
import { findParent } from "./process-tree.js";

export const serverKinds = ["embedded", "real"] as const;
/** `real`: Apache Kafka, and the newest Postgres that is installed on the machine. */
export type ServerKind = (typeof serverKinds)[number];

/** Servers of a run's own, in a temporary directory. */
export interface BenchServers {
  /** What they are, for the head of a table. */
  readonly description: string;
  readonly directory: string;
  readonly kafkaBrokers: readonly string[];
  /** The postmaster's. */
  readonly postgresPid: number;
  /** An empty database, new at each call. */
  createDatabase(): Promise<string>;
  close(): Promise<void>;
}

export async function startServers(kind: ServerKind): Promise<BenchServers> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-bench-"));
  const removed = () => rm(directory, { recursive: true, force: true });
  try {
    // Postgres may run as another user, who has to get in.
    await chmod(directory, 0o755);
    const servers = await (kind === "embedded" ? startEmbedded(directory) : startReal(directory));
    const { databaseUrl, close, ...rest } = servers;
    let databases = 0;
    return {
      ...rest,
      directory,
      postgresPid: await findPostmaster(databaseUrl),
      async createDatabase() {
        databases += 1;
        const name = `bench_${databases}`;
        await query(databaseUrl, `CREATE DATABASE ${name}`);
        const url = new URL(databaseUrl);
        url.pathname = `/${name}`;
        return url.href;
      },
      async close() {
        await close();
        await removed();
      },
    };
  } catch (error) {
    await removed();
    throw error;
  }
}

interface Started {
  readonly description: string;
  readonly kafkaBrokers: readonly string[];
  readonly databaseUrl: string;
  close(): Promise<void>;
}

async function startEmbedded(directory: string): Promise<Started> {
  const [command, ...args] = runBuilt("stack");
  const env = { ...process.env, TIDEMARK_DIR: directory, KAFKA_BROKERS: "", DATABASE_URL: "" };
  const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "inherit"] });
  try {
    const addresses = await findAddresses({
      env: { TIDEMARK_DIR: directory },
      need: ["kafka", "postgres"],
      root: repositoryRoot,
    });
    return { ...addresses, description: "embedded servers", close: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

async function startReal(directory: string): Promise<Started> {
  const [newest] = await findInstalledPostgres();
  if (newest === undefined) throw new Error("No Postgres is installed on this machine (Debian: postgresql).");
  const { major, binDir } = newest;
  const kafka = await startRealKafka({ dataDir: join(directory, "kafka") });
  try {
    const postgres = await startPostgres({ dataDir: join(directory, "postgres"), binDir });
    return {
      description: `Apache Kafka 4.4 and Postgres ${major}`,
      kafkaBrokers: [kafka.address],
      databaseUrl: postgres.databaseUrl,
      async close() {
        await postgres.close();
        await kafka.close();
      },
    };
  } catch (error) {
    await kafka.close();
    throw error;
  }
}

async function findPostmaster(databaseUrl: string): Promise<number> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    return await findParent(rows[0]?.pid ?? 0);
  } finally {
    await client.end();
  }
}

/** One statement on a connection of its own. */
export async function query<Row extends object>(databaseUrl: string, text: string): Promise<Row[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
