import { getTableColumns } from "drizzle-orm";
import { retention } from "@tidemark/sinks/tables";
import type { OracleDefinition } from "@tidemark/scenario/oracle";
import { showValue } from "./column.js";
import type { Findings } from "./findings.js";
import { nameTable, type Snapshot, type StoredCheckpoint } from "./snapshot.js";
import { quote } from "./stored-table.js";

/** From when on a table holds all of its rows. */
export interface RetentionBoundary {
  readonly completeFromMs: number;
  /**
   * Partitions whose watermark lies too low for it: they began after it was drawn, or were passed over since they were quiet. By
   * partition, from when on all of their rows are there whatever the boundary: a window that is open or an id that is live needs them.
   */
  readonly held: ReadonlyMap<number, number>;
  /** In all topics. */
  readonly droppedRows: number;
  /** Some partitions were rebuilt since, so that rows may have been dropped, and counted, twice. */
  readonly isRebuilt: boolean;
}

/** A row of `tidemark.retention`, whatever it says. */
export interface StoredBoundary extends Omit<RetentionBoundary, "held"> {
  readonly table: string;
  /** As Postgres writes it. */
  readonly completeFrom: string;
}

/** What bounds a boundary. */
export interface RetentionLimits {
  /** Tables that retention drops rows of. */
  readonly droppable: ReadonlySet<string>;
  /**
   * No boundary lies beyond the one of its partition, for those that have a watermark: a window that is still open, or an id
   * that is still live, may begin there.
   */
  readonly latestMs: ReadonlyMap<number, number>;
  /** The size of the largest window. */
  readonly largestMs: number;
}

const retentionTable = "tidemark.retention";
const dayMs = 86_400_000;
const columns = getTableColumns(retention);

const wrongValue = (column: string) =>
  ({ link: "log-tables", what: "wrong-value", table: retentionTable, column }) as const;

export async function readBoundaries(snapshot: Snapshot, pipeline: string): Promise<readonly StoredBoundary[]> {
  const { table, completeFrom, droppedRows, rebuilt, pipeline: owner } = columns;
  const rows = await snapshot
    .unsafe(
      `SELECT ${quote(table.name)}, ${quote(completeFrom.name)}::text,
       (extract(epoch FROM ${quote(completeFrom.name)}) * 1000)::float8, ${quote(droppedRows.name)}, ${quote(rebuilt.name)}
       FROM ${nameTable(retention)} WHERE ${quote(owner.name)} = $1 ORDER BY ${quote(table.name)}`,
      [pipeline],
    )
    .values();
  return rows.map(([name, text, ms, dropped, isRebuilt]) => ({
    table: String(name),
    completeFrom: String(text),
    completeFromMs: Number(ms),
    droppedRows: Number(dropped),
    isRebuilt: isRebuilt === true,
  }));
}

/**
 * Rows of all rollups but the finest stay. Retention follows the lowest watermark of the partitions that are not quiet; one without
 * a watermark does not hold it. A day holds whole windows, so that one that ended by the watermark - allowed lateness has nothing open in it.
 */
export function limitRetention(
  { rollups, allowedLatenessMs }: OracleDefinition,
  recordTables: readonly string[],
  checkpoints: readonly StoredCheckpoint[],
): RetentionLimits {
  const sizes = rollups.map(({ window }) => window.sizeMs);
  const isDropped = (sizeMs: number) => sizeMs === Math.min(...sizes) && sizeMs < Math.max(...sizes);
  const dropped = rollups.filter(({ window }) => isDropped(window.sizeMs)).map(({ name }) => name);
  const latest = checkpoints.flatMap(({ partition, columns: { watermark } }) =>
    watermark === null ? [] : [[partition, Date.parse(showValue(watermark)) - allowedLatenessMs] as const],
  );
  const largestMs = Math.max(0, ...sizes);
  return { droppable: new Set([...recordTables, ...dropped]), latestMs: new Map(latest), largestMs };
}

/**
 * The boundaries that retention can have set, by the table's name. Any other is a difference, and excuses nothing. A partition
 * may have had its first event, an old one, since: what bounds a boundary is the highest watermark.
 */
export function acceptBoundaries(
  stored: readonly StoredBoundary[],
  limits: RetentionLimits,
  findings: Findings,
): ReadonlyMap<string, RetentionBoundary> {
  const sound = stored.filter((boundary) => {
    const { table, completeFrom } = boundary;
    const expected = expectOtherwise(boundary, limits);
    if (expected === undefined) return true;
    findings.add(wrongValue(columns.completeFrom.name), () => ({
      partition: null,
      where: table,
      expected,
      found: showValue(completeFrom),
    }));
    return false;
  });
  return new Map(
    sound.map(({ table, ...boundary }) => {
      const held = [...limits.latestMs].filter(([, latestMs]) => latestMs < boundary.completeFromMs);
      const needed = held.map(([partition, latestMs]) => [partition, latestMs - limits.largestMs] as const);
      return [table, { ...boundary, held: new Map(needed) }];
    }),
  );
}

/** Whether a row may be gone. Without a watermark (-Infinity) it came before its partition held anything back. */
export function isExcused(boundary: RetentionBoundary | undefined, partition: number, ageMs: number): boolean {
  if (boundary === undefined || !(ageMs < boundary.completeFromMs)) return false;
  return ageMs < (boundary.held.get(partition) ?? Infinity);
}

function expectOtherwise(
  { table, completeFrom, completeFromMs }: StoredBoundary,
  { droppable, latestMs }: RetentionLimits,
): string | undefined {
  if (!droppable.has(table)) return `no boundary: retention never drops rows of ${table}`;
  if (latestMs.size === 0) return "no boundary: no partition has a watermark";
  const highestMs = Math.max(...latestMs.values());
  // The text, which has all microseconds.
  if (completeFromMs <= highestMs && completeFrom.endsWith(" 00:00:00+00")) return undefined;
  // A watermark that no Date can hold is a difference of its checkpoint already.
  const latest = Number.isFinite(highestMs) ? new Date(Math.floor(highestMs / dayMs) * dayMs).toISOString() : "none";
  return `the start of a UTC day, ${latest} at the latest`;
}

/**
 * Rows that are gone before a boundary are those that were dropped; or some of those, where there are other topics. Where windows of
 * several partitions became one row, nothing tells which of them had done so before they were dropped.
 */
export function compareDropped(
  table: string,
  boundary: RetentionBoundary,
  { leftOut, leftOutRows, topics }: { readonly leftOut: number; readonly leftOutRows: number; readonly topics: number },
  findings: Findings,
): void {
  const { droppedRows } = boundary;
  const isAlone = topics === 1 && !boundary.isRebuilt;
  if (droppedRows >= leftOutRows && (!isAlone || droppedRows <= leftOut)) return;
  const exact = leftOut === leftOutRows ? String(leftOut) : `${leftOutRows} to ${leftOut}`;
  findings.add(wrongValue(columns.droppedRows.name), () => ({
    partition: null,
    where: table,
    expected: isAlone ? exact : `at least ${leftOutRows}`,
    found: String(droppedRows),
  }));
}
