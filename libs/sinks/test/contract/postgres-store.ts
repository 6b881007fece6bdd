import { getTableColumns, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import type { Sql } from "postgres";
import { createSink, migrate, openTransactions, SNAPSHOT, type Sink, type SinkOptions } from "../../src/index.js";
import type { TestServer } from "../postgres-server.js";
import { identity } from "./fixtures.js";
import { idTables, storedTables, toContents, toIds, type SelectedRow } from "./store-contents.js";
import type { TestStore } from "./test-store.js";

export interface PostgresStore extends TestStore {
  readonly databaseUrl: string;
  open(options?: Partial<SinkOptions>): Sink;
}

/** A tally's times as epoch ms: a Date is not made of -infinity, nor of years before Christ. */
function columnsOf(table: PgTable) {
  const columns = getTableColumns(table);
  if (!identity.pipeline.tables.verdicts.some((tally) => tally === table)) return columns;
  return { ...columns, window_start: sql`extract(epoch FROM window_start) * 1000`.mapWith(Number) };
}

/** What is between the sinks and the server, and what is unusual about the database. */
export interface Surroundings {
  /** The address of a pooler in place of the server's. */
  readonly through?: (databaseUrl: string) => string;
  /** Changes the new database before anything is made in it. */
  readonly prepare?: (databaseUrl: string) => Promise<void>;
}

/** A database of its own on a real Postgres, with the tables of these tests' pipeline. */
export async function createPostgresStore(
  server: TestServer,
  { through = (url) => url, prepare }: Surroundings = {},
): Promise<PostgresStore> {
  const direct = await server.createDatabase();
  await prepare?.(direct);
  const databaseUrl = through(direct);
  await migrate(identity.pipeline, databaseUrl);
  const transactions = openTransactions(direct);
  const sinks: Sink[] = [];
  return {
    databaseUrl,
    open(options = {}) {
      const sink = createSink({ databaseUrl, ...identity, ...options });
      sinks.push(sink);
      return sink;
    },
    read: () =>
      transactions.run({ ...SNAPSHOT, settings: { search_path: "public" } }, async (transaction) => {
        const snapshot = drizzle(transaction as Sql);
        const rows = new Map<PgTable, readonly SelectedRow[]>();
        for (const table of storedTables) rows.set(table, await snapshot.select(columnsOf(table)).from(table));
        return toContents((table) => rows.get(table) ?? []);
      }),
    readIds: () =>
      transactions.run(SNAPSHOT, async (transaction) => {
        const snapshot = drizzle(transaction as Sql);
        const rows = new Map<PgTable, readonly SelectedRow[]>();
        for (const table of Object.values(idTables)) rows.set(table, await snapshot.select().from(table));
        return toIds((table) => rows.get(table) ?? []);
      }),
    async close() {
      await Promise.all([...sinks.map((sink) => sink.close()), transactions.end({ timeout: 1 })]);
    },
  };
}
