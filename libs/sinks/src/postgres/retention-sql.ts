import { getTableColumns, getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { escapeLiteral } from "pg";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import type { SinkTables } from "../sink-tables.js";
import { retentionLock } from "./advisory-locks.js";

/** Drops a table's old rows: one statement that is atomic by itself, and gives one row (`RetentionOutcome`). */
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
}

/** Those from which retention drops windows: the finest, where coarser ones tell what it told. */
export function finestRollups({ rollups }: SinkTables): readonly PgTable[] {
  const sizesMs = rollups.map(({ definition }) => definition.sizeMs);
  const [finestMs, coarsestMs] = [Math.min(...sizesMs), Math.max(...sizesMs)];
  return rollups
    .filter(({ definition: { sizeMs } }) => sizeMs === finestMs && sizeMs < coarsestMs)
    .map(({ table }) => table);
}

export function retentionStatements(tables: SinkTables, days: number, windowMs: number): readonly RetentionStatement[] {
  const { raw, late, rejected } = tables;
  const deleteFrom = (table: PgTable, age: string) => ({
    table: getTableName(table),
    text: deleteStatement(table, age, days, windowMs),
  });
  const dropFrom = (table: PgTable) => ({ table: getTableName(table), text: dropStatement(table, days, windowMs) });
  return [
    ...(raw.time === undefined
      ? []
      : [raw.partitionedByDay === true ? dropFrom(raw.table) : deleteFrom(raw.table, raw.time)]),
    ...[late, rejected].flatMap((table) => (table === undefined ? [] : [deleteFrom(table, "watermark")])),
    ...finestRollups(tables).map((table) => deleteFrom(table, "window_start")),
  ];
}

const boundaryMs = (expression: string) => `(extract(epoch FROM ${expression}) * 1000)::int8 AS boundary_ms`;

function dropStatement(table: PgTable, days: number, windowMs: number): string {
  return `SELECT is_ours, ${boundaryMs("boundary")}, dropped
    FROM tidemark.drop_days(${escapeLiteral(qualifiedName(table))}, ${days}, ${windowMs})`;
}

/**
 * One snapshot for the boundary and the rows: a partition whose first events are old has them here together with the
 * watermark that keeps them, or neither. Without a watermark a row is older than any boundary, once its partition has one.
 */
function deleteStatement(table: PgTable, age: string, days: number, windowMs: number): string {
  const column = getTableColumns(table)[age];
  if (column === undefined) throw new Error(`${getTableName(table)} has no property ${age} for its age.`);
  const name = `t.${quoteIdentifier(column.name)}`;
  const begun = "SELECT topic, partition FROM tidemark.checkpoints WHERE watermark IS NOT NULL";
  const isUnaged = column.notNull
    ? ""
    : ` OR (${name} IS NULL AND boundary IS NOT NULL AND (t.topic, t.partition) IN (${begun}))`;
  return `WITH attempt AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(${retentionLock}) AS is_ours),
    bound AS MATERIALIZED (
      SELECT is_ours, CASE WHEN is_ours THEN tidemark.retention_boundary(${days}, ${windowMs}) END AS boundary FROM attempt),
    gone AS (DELETE FROM ${qualifiedName(table)} t USING bound WHERE ${name} < boundary${isUnaged} RETURNING 1),
    sum AS MATERIALIZED (SELECT count(*) AS dropped FROM gone),
    note AS (
      INSERT INTO tidemark.retention AS r (table_name, complete_from, dropped_rows)
      SELECT ${escapeLiteral(getTableName(table))}, boundary, dropped FROM bound, sum WHERE dropped > 0
      ON CONFLICT (table_name) DO UPDATE SET complete_from = greatest(r.complete_from, excluded.complete_from),
        dropped_rows = r.dropped_rows + excluded.dropped_rows, updated_at = now())
    SELECT is_ours, ${boundaryMs("boundary")}, dropped FROM bound, sum`;
}
