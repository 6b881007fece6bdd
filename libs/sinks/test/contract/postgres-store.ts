import { getTableColumns, is, sql } from "drizzle-orm";
import { PgTimestamp, type PgTable } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { createSink, migrate, socmedTables, type Sink, type SinkOptions } from "../../src/index.js";
import { checkpoints } from "../../src/tables/index.js";
import type { TestServer } from "../postgres-server.js";
import { identity } from "./fixtures.js";
import type { StoreContents, StoredCheckpoint, StoredWindow, TestStore } from "./test-store.js";

type Row = Readonly<Record<string, unknown>>;

export interface PostgresStore extends TestStore {
  readonly databaseUrl: string;
  open(options?: Partial<SinkOptions>): Sink;
}

/** A database of its own on a real Postgres, with the flagship job's tables. */
export async function createPostgresStore(server: TestServer): Promise<PostgresStore> {
  const databaseUrl = await server.createDatabase();
  await migrate(databaseUrl);
  const client = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  const database = drizzle(client);
  const sinks: Sink[] = [];
  const { raw, late, rejected, rollups } = socmedTables;
  return {
    databaseUrl,
    open(options = {}) {
      const sink = createSink({ databaseUrl, ...identity, tables: socmedTables, ...options });
      sinks.push(sink);
      return sink;
    },
    read: () =>
      database.transaction(
        async (transaction): Promise<StoreContents> => {
          const all = async (table: PgTable, order: string) =>
            plain(table, await transaction.select().from(table).orderBy(sql.raw(order)));
          const place = 'topic, partition, "offset"';
          const windows: StoredWindow[] = [];
          for (const { definition, table } of rollups) {
            const rows = await all(table, "topic, partition, window_start, kota, sosial_media");
            windows.push(...rows.map((row) => toWindow(definition, row)));
          }
          return {
            rows: await all(raw.table, place),
            late: await all(late, place),
            rejected: await all(rejected, place),
            windows,
            checkpoints: (await all(checkpoints, "topic, partition")).map(toCheckpoint),
          };
        },
        { isolationLevel: "repeatable read", accessMode: "read only" },
      ),
    async close() {
      await Promise.all([...sinks.map((sink) => sink.close()), client.end()]);
    },
  };
}

/** Rows as they were given to the sink: times as epoch ms, bytes as Uint8Array. */
function plain(table: PgTable, rows: readonly Row[]): Row[] {
  const columns = getTableColumns(table);
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([property, value]) => {
        if (is(columns[property], PgTimestamp) && value instanceof Date) return [property, value.getTime()];
        return [property, value instanceof Uint8Array ? Uint8Array.from(value) : value];
      }),
    ),
  );
}

function toWindow(
  { name, keys, aggregates }: (typeof socmedTables.rollups)[number]["definition"],
  row: Row,
): StoredWindow {
  return {
    rollup: name,
    topic: String(row["topic"]),
    partition: Number(row["partition"]),
    windowStartMs: Number(row["window_start"]),
    keys: keys.map((key) => String(row[key])),
    values: Object.keys(aggregates).map((measure) => Number(row[measure])),
  };
}

function toCheckpoint(row: Row): StoredCheckpoint {
  const { read, counted, duplicate, late, quarantined, rejected, skipped, lost } = row as Record<string, number>;
  return {
    topic: String(row["topic"]),
    partition: Number(row["partition"]),
    epoch: Number(row["epoch"]),
    startOffset: Number(row["startOffset"]),
    nextOffset: Number(row["nextOffset"]),
    watermarkMs: Number(row["watermark"] ?? -Infinity),
    maxEventTimeMs: Number(row["maxEventTime"] ?? -Infinity),
    ledger: { read, counted, duplicate, late, quarantined, rejected, skipped, lost } as StoredCheckpoint["ledger"],
  };
}
