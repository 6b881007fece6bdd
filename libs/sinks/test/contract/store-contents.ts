import { getTableColumns, is } from "drizzle-orm";
import { PgTimestamp, type PgTable } from "drizzle-orm/pg-core";
import type { CheckpointLedger } from "../../src/index.js";
import { sinkTables } from "../../src/sink-pipeline.js";
import { aggregateColumns, checkpoints, type RollupData, type TallyDefinition } from "../../src/tables/index.js";
import { identity } from "./fixtures.js";
import type { StoreContents, StoredCheckpoint, StoredIds, StoredTally, StoredWindow } from "./test-store.js";

/** A row as Drizzle's `select` gives it. */
export type SelectedRow = Readonly<Record<string, unknown>>;

const { late: lateTable, rejected: rejectedTable } = identity.pipeline.tables;
const tables = sinkTables(identity.pipeline);
const tallies = tables.tallies ?? [];

export const storedTables: readonly PgTable[] = [
  tables.raw.table,
  lateTable,
  rejectedTable,
  ...tables.rollups.map(({ table }) => table),
  ...tallies.map(({ table }) => table),
  checkpoints,
];

export const idTables = tables.topicIds as NonNullable<typeof tables.topicIds>;

/** The tables of ids and copies, whose rows `rowsOf` gives in any order. */
export function toIds(rowsOf: (table: PgTable) => readonly SelectedRow[]): StoredIds {
  return {
    ids: sort(rowsOf(idTables.ids), ["topic", "id"]),
    copies: sort(rowsOf(idTables.copies), ["topic", "partition", "offset"]),
  } as unknown as StoredIds;
}

/** The contents of these tables, whose rows `rowsOf` gives in any order. */
export function toContents(rowsOf: (table: PgTable) => readonly SelectedRow[]): StoreContents {
  const all = (table: PgTable, by: readonly string[]) => sort(plain(table, rowsOf(table)), by);
  const place = ["topic", "partition", "offset"];
  const windows: StoredWindow[] = [];
  for (const { definition, table } of tables.rollups) {
    const rows = all(table, ["topic", "partition", "window_start", ...definition.keys]);
    windows.push(...rows.map((row) => toWindow(definition, row)));
  }
  return {
    rows: all(tables.raw.table, place),
    late: all(lateTable, place),
    rejected: all(rejectedTable, place),
    windows,
    tallies: tallies.flatMap(({ definition, table }) =>
      all(table, ["topic", "partition", "window_start", ...definition.keys]).map((row) => toTally(definition, row)),
    ),
    checkpoints: all(checkpoints, ["topic", "partition"]).map(toCheckpoint),
  };
}

function sort(rows: readonly SelectedRow[], by: readonly string[]): SelectedRow[] {
  return rows.toSorted((a, b) => {
    const property = by.find((name) => a[name] !== b[name]) ?? "";
    return (a[property] as string) < (b[property] as string) ? -1 : 1;
  });
}

/** Rows as they were given to the sink: times as epoch ms, bytes as Uint8Array. */
function plain(table: PgTable, rows: readonly SelectedRow[]): SelectedRow[] {
  const columns = getTableColumns(table);
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([property, value]) => {
        if (is(columns[property], PgTimestamp) && value instanceof Date) return [property, toEpochMs(value)];
        return [property, value instanceof Uint8Array ? Uint8Array.from(value) : value];
      }),
    ),
  );
}

/** An invalid Date is what Drizzle makes of -infinity. */
function toEpochMs(date: Date): number {
  return Number.isNaN(date.getTime()) ? -Infinity : date.getTime();
}

function toWindow({ name, keys, aggregates }: RollupData, row: SelectedRow): StoredWindow {
  return {
    rollup: name,
    topic: String(row["topic"]),
    partition: Number(row["partition"]),
    windowStartMs: Number(row["window_start"]),
    keys: keys.map((key) => String(row[key])),
    values: aggregateColumns(aggregates).map((column) => Number(row[column.name] ?? Number.NaN)),
  };
}

function toTally({ name, keys, measure }: TallyDefinition, row: SelectedRow): StoredTally {
  return {
    tally: name,
    topic: String(row["topic"]),
    partition: Number(row["partition"]),
    windowStartMs: Number(row["window_start"]),
    keys: keys.map((key) => String(row[key])),
    count: Number(row[measure]),
  };
}

function toCheckpoint(row: SelectedRow): StoredCheckpoint {
  const { read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost } =
    row as unknown as CheckpointLedger;
  return {
    topic: String(row["topic"]),
    partition: Number(row["partition"]),
    epoch: Number(row["epoch"]),
    startOffset: Number(row["startOffset"]),
    nextOffset: Number(row["nextOffset"]),
    watermarkMs: Number(row["watermark"] ?? -Infinity),
    maxEventTimeMs: Number(row["maxEventTime"] ?? -Infinity),
    ledger: { read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost },
  };
}
