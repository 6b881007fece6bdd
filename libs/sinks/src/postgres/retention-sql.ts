import { getTableColumns, getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { escapeLiteral } from "pg";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import { sinkTables, type SinkPipeline } from "../sink-pipeline.js";
import { finestRollups } from "../sink-tables.js";
import { MERGED_PARTITION } from "../tables/merged-partition.js";
import { RETENTION_LOCK } from "./advisory-locks.js";

/** Drops a table's old rows, or the oldest of them: one statement that is atomic by itself, and gives one row (`RetentionOutcome`). */
export interface RetentionStatement {
  readonly table: string;
  readonly text: string;
}

export interface RetentionOutcome {
  /** False where another session is at it. */
  readonly is_ours: boolean;
  /** Null where no partition has a watermark. */
  readonly boundary_ms: number | null;
  readonly dropped: number;
  /** Whether the statement has to be run again, for the rest. */
  readonly has_more: boolean;
}

export function retentionStatements(
  sinkPipeline: SinkPipeline,
  days: number,
  windowMs: number,
): readonly RetentionStatement[] {
  const tables = sinkTables(sinkPipeline);
  const { raw, late, rejected } = tables;
  const reach = { pipeline: escapeLiteral(sinkPipeline.data.name), days, windowMs };
  const deleteFrom = (table: PgTable, age: string) => ({
    table: getTableName(table),
    text: deleteStatement(table, age, reach),
  });
  const dropFrom = (table: PgTable) => ({ table: getTableName(table), text: dropStatement(table, reach) });
  return [
    ...(raw.time === undefined
      ? []
      : [raw.partitionedByDay === true ? dropFrom(raw.table) : deleteFrom(raw.table, raw.time)]),
    ...[late, rejected].flatMap((table) => (table === undefined ? [] : [deleteFrom(table, "watermark")])),
    ...finestRollups(tables).map((table) => deleteFrom(table, "window_start")),
  ];
}

/**
 * Drops rows that partitions brought back by a rebuild: those before a boundary that stands already. Partitions whose watermark lies
 * too low for the boundary keep them, as those do that began after it was drawn.
 */
export function rebuiltStatements(sinkPipeline: SinkPipeline): readonly RetentionStatement[] {
  const tables = sinkTables(sinkPipeline);
  const { raw, late, rejected } = tables;
  const pipeline = escapeLiteral(sinkPipeline.data.name);
  const aged: readonly (readonly [PgTable, string])[] = [
    ...(raw.time === undefined ? [] : [[raw.table, raw.time] as const]),
    ...[late, rejected].flatMap((table) => (table === undefined ? [] : [[table, "watermark"] as const])),
    ...finestRollups(tables).map((table) => [table, "window_start"] as const),
  ];
  return aged.map(([table, age]) => ({
    table: getTableName(table),
    text: rebuiltStatement(table, age, pipeline, sinkPipeline.data.allowedLatenessMs),
  }));
}

function rebuiltStatement(table: PgTable, age: string, pipeline: string, allowedLatenessMs: number): string {
  const column = getTableColumns(table)[age];
  if (column === undefined) throw new Error(`${getTableName(table)} has no property ${age} for its age.`);
  const name = `t.${quoteIdentifier(column.name)}`;
  const isOld = column.notNull ? `${name} < boundary` : `(${name} < boundary OR ${name} IS NULL)`;
  const own = `pipeline = ${pipeline} AND table_name = ${escapeLiteral(getTableName(table))}`;
  return `WITH attempt AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(${RETENTION_LOCK}) AS is_ours),
    bound AS MATERIALIZED (
      SELECT is_ours, CASE WHEN is_ours THEN (SELECT complete_from FROM tidemark.retention WHERE ${own} AND rebuilt) END AS boundary FROM attempt),
    gone AS (DELETE FROM ${qualifiedName(table)} t USING bound WHERE boundary IS NOT NULL AND ${isOld}
      AND (t.partition = ${MERGED_PARTITION} OR (t.topic, t.partition) IN (SELECT topic, partition FROM tidemark.checkpoints
        WHERE pipeline = ${pipeline} AND watermark - interval '${allowedLatenessMs} milliseconds' >= boundary)) RETURNING 1),
    sum AS MATERIALIZED (SELECT count(*) AS dropped FROM gone),
    note AS (UPDATE tidemark.retention SET dropped_rows = dropped_rows + dropped, updated_at = now() FROM sum WHERE ${own} AND dropped > 0)
    SELECT is_ours, ${boundaryMs("boundary")}, dropped, false AS has_more FROM bound, sum`;
}

const boundaryMs = (expression: string) => `(extract(epoch FROM ${expression}) * 1000)::int8 AS boundary_ms`;

/** Which checkpoints bound what may go, and how far behind them. */
interface Reach {
  /** An SQL literal. */
  readonly pipeline: string;
  readonly days: number;
  readonly windowMs: number;
}

function dropStatement(table: PgTable, { pipeline, days, windowMs }: Reach): string {
  return `SELECT is_ours, ${boundaryMs("boundary")}, dropped, has_more
    FROM tidemark.drop_days(${escapeLiteral(qualifiedName(table))}, ${pipeline}, ${days}, ${windowMs})`;
}

/**
 * One snapshot for the boundary and the rows. What a partition that was passed over still needs stays. A partition whose first events are old has them here together with the
 * watermark that keeps them, or neither. Without a watermark a row is older than any boundary, once its partition has one.
 */
function deleteStatement(table: PgTable, age: string, { pipeline, days, windowMs }: Reach): string {
  const column = getTableColumns(table)[age];
  if (column === undefined) throw new Error(`${getTableName(table)} has no property ${age} for its age.`);
  const name = `t.${quoteIdentifier(column.name)}`;
  const needed = ["topic", "partition"].flatMap((property) => {
    const place = getTableColumns(table)[property];
    return place === undefined ? [] : [` AND k.${property} = t.${quoteIdentifier(place.name)}`];
  });
  const isKept = `EXISTS (SELECT FROM kept k WHERE ${name} >= k.needed_from${needed.join("")})`;
  const begun = `SELECT topic, partition FROM tidemark.checkpoints WHERE pipeline = ${pipeline} AND watermark IS NOT NULL`;
  const isUnaged = column.notNull
    ? ""
    : ` OR (${name} IS NULL AND boundary IS NOT NULL AND (t.topic, t.partition) IN (${begun}))`;
  return `WITH attempt AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(${RETENTION_LOCK}) AS is_ours),
    bound AS MATERIALIZED (
      SELECT is_ours, CASE WHEN is_ours THEN tidemark.retention_boundary(${pipeline}, ${days}, ${windowMs}) END AS boundary FROM attempt),
    kept AS MATERIALIZED (
      SELECT k.* FROM bound, tidemark.retention_kept(${pipeline}, boundary, ${windowMs}) k WHERE boundary IS NOT NULL),
    gone AS (DELETE FROM ${qualifiedName(table)} t USING bound WHERE (${name} < boundary AND NOT ${isKept})${isUnaged} RETURNING 1),
    sum AS MATERIALIZED (SELECT count(*) AS dropped FROM gone),
    note AS (
      INSERT INTO tidemark.retention AS r (pipeline, table_name, complete_from, dropped_rows)
      SELECT ${pipeline}, ${escapeLiteral(getTableName(table))}, boundary, dropped FROM bound, sum WHERE dropped > 0
      ON CONFLICT (pipeline, table_name) DO UPDATE SET complete_from = greatest(r.complete_from, excluded.complete_from),
        dropped_rows = r.dropped_rows + excluded.dropped_rows, updated_at = now())
    SELECT is_ours, ${boundaryMs("boundary")}, dropped, false AS has_more FROM bound, sum`;
}
