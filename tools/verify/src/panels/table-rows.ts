import { getTableColumns } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { checkpoints, progress, quietPartitions } from "@tidemark/sinks/tables";
import { socmed1h, socmed1m, socmed5s, socmedVerdicts1h, socmedVerdicts1m } from "@tidemark/socmed/tables";
import { openRowStream, type StoredRow } from "../row-stream.js";
import { nameTable, type Snapshot } from "../snapshot.js";
import { quote } from "../stored-table.js";

/** The part of a window that lies in one partition. Times are epoch ms, and a half where they lie between two of them. */
export interface WindowRow {
  readonly startMs: number;
  readonly city: string;
  readonly platform: string;
  readonly usage: bigint;
  readonly sales: bigint;
  readonly visitors: bigint;
  readonly pageVisitors: bigint;
  readonly conversions: bigint;
  readonly conversionRateSum: number;
  readonly conversionRateCount: bigint;
  readonly bounceRateSum: number;
  readonly bounceRateCount: bigint;
  readonly events: bigint;
}

export interface VerdictRow {
  /** -Infinity for records without a time. */
  readonly startMs: number;
  readonly verdict: string;
  readonly detail: string;
  readonly records: bigint;
}

export interface ObservationRow {
  readonly atMs: number;
  readonly partition: number;
  readonly seconds: number;
  readonly records: bigint;
  readonly checkpoints: bigint;
  readonly checkpointMsSum: number;
  readonly checkpointMsMax: number;
  readonly lag: bigint;
}

const ledgerColumns = [
  "read",
  "counted",
  "duplicate",
  "late",
  "quarantined",
  "rejected",
  "refused",
  "skipped",
  "lost",
] as const;
export type LedgerColumn = (typeof ledgerColumns)[number];

export interface CheckpointRow {
  readonly partition: number;
  readonly watermarkMs: number | null;
  readonly newestMs: number | null;
  readonly nextOffset: bigint;
  readonly committedMs: number;
  /** Its consumer has seen it fully read and quiet within the last 15 s. */
  readonly isQuiet: boolean;
  readonly ledger: Readonly<Record<LedgerColumn, bigint>>;
}

export const windowTables = { "5s": socmed5s, "1m": socmed1m, "1h": socmed1h } as const;
export type WindowSize = keyof typeof windowTables;

export const verdictTables = { "1m": socmedVerdicts1m, "1h": socmedVerdicts1h } as const;
export type VerdictSize = keyof typeof verdictTables;

const columnOf = ({ name }: PgColumn) => quote(name);

/** Whole ms are exact in a double, in any year; what lies between two of them is told apart from both. */
export function epochMs(column: PgColumn): string {
  const ms = `extract(epoch FROM ${columnOf(column)}) * 1000`;
  return `((floor(${ms}) + ceil(${ms})) / 2)::float8`;
}

/** Whose rows are read of the tables that all pipelines share. */
export interface Place {
  /** Its name. */
  readonly pipeline: string;
  readonly topic: string;
}

async function readEach(
  snapshot: Snapshot,
  query: string,
  values: readonly string[],
  take: (row: StoredRow) => void,
): Promise<void> {
  const stream = openRowStream(snapshot, query, values);
  for (let row = await stream.load(); row !== undefined; row = stream.current ?? (await stream.load())) {
    take(row);
    stream.drop();
  }
}

/** Gives all rows of a rollup, one by one. */
export async function readWindows(
  snapshot: Snapshot,
  topic: string,
  size: WindowSize,
  take: (row: WindowRow) => void,
): Promise<void> {
  const table = windowTables[size];
  const columns = getTableColumns(table);
  const values = [
    columns.usage_count,
    columns.sales,
    columns.visitors,
    columns.page_visitors,
    columns.conversion,
    columns.conversion_rate_sum,
    columns.conversion_rate_count,
    columns.bounce_rate_sum,
    columns.bounce_rate_count,
    columns.events,
  ];
  const selected = [columns.Kota, columns.Sosial_Media, ...values].map(columnOf);
  const query = `SELECT ${[epochMs(columns.window_start), ...selected].join(", ")} FROM ${nameTable(table)}
    WHERE ${columnOf(columns.topic)} = $1`;
  await readEach(snapshot, query, [topic], (row) =>
    take({
      startMs: Number(row[0]),
      city: String(row[1]),
      platform: String(row[2]),
      usage: BigInt(String(row[3])),
      sales: BigInt(String(row[4])),
      visitors: BigInt(String(row[5])),
      pageVisitors: BigInt(String(row[6])),
      conversions: BigInt(String(row[7])),
      conversionRateSum: Number(row[8]),
      conversionRateCount: BigInt(String(row[9])),
      bounceRateSum: Number(row[10]),
      bounceRateCount: BigInt(String(row[11])),
      events: BigInt(String(row[12])),
    }),
  );
}

/** Gives all rows of a tally, one by one. */
export async function readVerdicts(
  snapshot: Snapshot,
  topic: string,
  size: VerdictSize,
  take: (row: VerdictRow) => void,
): Promise<void> {
  const columns = getTableColumns(verdictTables[size]);
  const { window_start, verdict, detail, records } = columns;
  const query = `SELECT ${epochMs(window_start)}, ${[verdict, detail, records].map(columnOf).join(", ")}
    FROM ${nameTable(verdictTables[size])} WHERE ${columnOf(columns.topic)} = $1`;
  await readEach(snapshot, query, [topic], (row) =>
    take({
      startMs: Number(row[0]),
      verdict: String(row[1]),
      detail: String(row[2]),
      records: BigInt(String(row[3])),
    }),
  );
}

/** In the order of their times, of one time the largest lag last. */
export async function readObservations(
  snapshot: Snapshot,
  { pipeline, topic }: Place,
  take: (row: ObservationRow) => void,
): Promise<void> {
  const columns = getTableColumns(progress);
  const { partition, seconds, records, checkpoints: commits, checkpoint_ms_sum, checkpoint_ms_max, lag } = columns;
  const selected = [partition, seconds, records, commits, checkpoint_ms_sum, checkpoint_ms_max, lag].map(columnOf);
  const query = `SELECT ${[epochMs(columns.at), ...selected].join(", ")} FROM ${nameTable(progress)}
    WHERE ${columnOf(columns.pipeline)} = $1 AND ${columnOf(columns.topic)} = $2
    ORDER BY ${columnOf(columns.at)}, ${columnOf(columns.lag)}`;
  await readEach(snapshot, query, [pipeline, topic], (row) =>
    take({
      atMs: Number(row[0]),
      partition: Number(row[1]),
      seconds: Number(row[2]),
      records: BigInt(String(row[3])),
      checkpoints: BigInt(String(row[4])),
      checkpointMsSum: Number(row[5]),
      checkpointMsMax: Number(row[6]),
      lag: BigInt(String(row[7])),
    }),
  );
}

/** In no order. */
export async function readCheckpointRows(
  snapshot: Snapshot,
  { pipeline, topic }: Place,
): Promise<readonly CheckpointRow[]> {
  const columns = getTableColumns(checkpoints);
  const times = [columns.watermark, columns.maxEventTime, columns.updatedAt].map(epochMs);
  const ledger = ledgerColumns.map((name) => columnOf(columns[name]));
  const selected = [columnOf(columns.partition), columnOf(columns.nextOffset), ...times, ...ledger];
  const seen = getTableColumns(quietPartitions);
  const own = (["pipeline", "topic", "partition", "epoch", "nextOffset"] as const).map(
    (name) => `q.${columnOf(seen[name])} = c.${columnOf(columns[name])}`,
  );
  const isQuiet = `EXISTS (SELECT FROM ${nameTable(quietPartitions)} AS q WHERE ${own.join(" AND ")}
    AND abs(extract(epoch FROM now() - q.${columnOf(seen.observedAt)})) < 15)`;
  const rows: CheckpointRow[] = [];
  const query = `SELECT ${isQuiet}, ${selected.join(", ")} FROM ${nameTable(checkpoints)} AS c
    WHERE ${columnOf(columns.pipeline)} = $1 AND ${columnOf(columns.topic)} = $2`;
  await readEach(snapshot, query, [pipeline, topic], (row) => {
    const [quiet, partition, nextOffset, watermark, newest, committed, ...counts] = row;
    const amounts = ledgerColumns.map((name, at) => [name, BigInt(String(counts[at]))] as const);
    rows.push({
      partition: Number(partition),
      nextOffset: BigInt(String(nextOffset)),
      watermarkMs: timeOf(watermark),
      newestMs: timeOf(newest),
      committedMs: Number(committed),
      isQuiet: quiet === true,
      ledger: Object.fromEntries(amounts) as CheckpointRow["ledger"],
    });
  });
  return rows;
}

const timeOf = (value: unknown) => (value === null ? null : Number(value));
