import { getTableColumns, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { createSink, migrate, socmedTables, type Sink, type SinkOptions } from "../../src/index.js";
import type { TestServer } from "../postgres-server.js";
import { identity } from "./fixtures.js";
import { storedTables, toContents, type SelectedRow } from "./store-contents.js";
import type { TestStore } from "./test-store.js";

export interface PostgresStore extends TestStore {
  readonly databaseUrl: string;
  open(options?: Partial<SinkOptions>): Sink;
}

/** A tally's times as epoch ms: a Date is not made of -infinity, nor of years before Christ. */
function columnsOf(table: PgTable) {
  const columns = getTableColumns(table);
  if (socmedTables.tallies?.some((tally) => tally.table === table) !== true) return columns;
  return { ...columns, window_start: sql`extract(epoch FROM window_start) * 1000`.mapWith(Number) };
}

/** A database of its own on a real Postgres, with the flagship job's tables. */
export async function createPostgresStore(server: TestServer): Promise<PostgresStore> {
  const databaseUrl = await server.createDatabase();
  await migrate(databaseUrl);
  const client = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  const database = drizzle(client);
  const sinks: Sink[] = [];
  return {
    databaseUrl,
    open(options = {}) {
      const sink = createSink({ databaseUrl, ...identity, tables: socmedTables, ...options });
      sinks.push(sink);
      return sink;
    },
    read: () =>
      database.transaction(
        async (snapshot) => {
          const rows = new Map<PgTable, readonly SelectedRow[]>();
          for (const table of storedTables) rows.set(table, await snapshot.select(columnsOf(table)).from(table));
          return toContents((table) => rows.get(table) ?? []);
        },
        { isolationLevel: "repeatable read", accessMode: "read only" },
      ),
    async close() {
      await Promise.all([...sinks.map((sink) => sink.close()), client.end()]);
    },
  };
}
