import { randomInt } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  EmbeddedPostgresError,
  startPostgres,
  type EmbeddedPostgres,
  type PostgresOptions,
} from "@tidemark/embedded-postgres";
import { migrate } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed/tables";
import postgres from "postgres";

/** A real Postgres for one test file; each test takes a database of its own. */
export interface TestServers {
  createDatabase(options?: { readonly migrated: boolean }): Promise<string>;
  /** Stops Postgres as its owner would. */
  stopPostgres(): Promise<void>;
  /** Starts it again, on the same port and data. */
  restartPostgres(): Promise<void>;
  close(): Promise<void>;
}

/** Nothing but what tests ask for shows in its statistics. */
const settings = { fsync: "off", autovacuum: "off", shared_preload_libraries: "pg_stat_statements" };

/** A port below those that systems give away by themselves, so that nobody comes by it while Postgres is down. */
async function startOnQuietPort(options: PostgresOptions): Promise<EmbeddedPostgres> {
  for (;;) {
    try {
      return await startPostgres({ ...options, port: randomInt(20_000, 32_000) });
    } catch (error) {
      if (!(error instanceof EmbeddedPostgresError) || error.code !== "port-in-use") throw error;
    }
  }
}

export async function startServers(): Promise<TestServers> {
  const directory = await mkdtemp(join(tmpdir(), "tidemark-live-"));
  // Postgres may run as another user, who has to get in.
  await chmod(directory, 0o755);
  const options = { dataDir: join(directory, "postgres"), settings };
  let server = await startOnQuietPort(options);
  let databases = 0;
  return {
    async createDatabase({ migrated } = { migrated: true }) {
      databases += 1;
      await query(server.databaseUrl, `CREATE DATABASE test_${databases}`);
      const url = new URL(server.databaseUrl);
      url.pathname = `/test_${databases}`;
      if (migrated) await migrate(socmed, url.href);
      return url.href;
    },
    stopPostgres: () => server.close(),
    async restartPostgres() {
      server = await startPostgres({ ...options, port: server.port });
    },
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type Row = Readonly<Record<string, unknown>>;

export async function query(databaseUrl: string, text: string): Promise<readonly Row[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end();
  }
}
