import { isSame, showValue, type ComparedColumn } from "./column.js";
import type { Findings, What } from "./findings.js";
import { openRowStream, type RowStream, type StoredRow } from "./row-stream.js";
import { isExcused, type RetentionBoundary } from "./retention.js";
import type { Snapshot } from "./snapshot.js";
import type { RecordTable } from "./stored-table.js";

export interface ExpectedRow {
  readonly offset: number;
  /** The time by which retention drops rows, in epoch ms; -Infinity is older than any. */
  readonly ageMs: number;
  readonly row: Readonly<Record<string, unknown>>;
}

/** Compares a table with the rows that it has to hold, in the order of partition and offset. */
export interface RowComparison {
  readonly table: string;
  /** Rows that were expected and compared. */
  readonly compared: number;
  /** Rows that are not there, and that retention may have dropped. An old one that is there is compared like any other. */
  readonly leftOut: number;
  /** All rows of a partition below `upTo` are `expected`, above those of the last call. */
  compare(partition: number, expected: readonly ExpectedRow[], upTo: number): Promise<void>;
  /** No further rows are expected in partitions up to this one. */
  finish(partition: number): Promise<void>;
}

export interface ComparisonContext {
  readonly snapshot: Snapshot;
  readonly topic: string;
  readonly findings: Findings;
  readonly retention: RetentionBoundary | undefined;
  /** Partitions whose rows are not looked at. */
  readonly leaveOut: readonly number[];
}

/** The condition that leaves out partitions. */
export const except = (partitions: readonly number[]) =>
  partitions.length === 0 ? "" : ` AND partition NOT IN (${partitions.join(", ")})`;

export function createRowComparison(
  { name, sql, columns }: RecordTable,
  { snapshot, topic, findings, retention, leaveOut }: ComparisonContext,
): RowComparison {
  // By the columns themselves: the bare names would mean the texts that are selected.
  const stream = openRowStream(
    snapshot,
    `SELECT partition, "offset"::text, ${columns.map(({ select }) => select).join(", ")} FROM ${sql} AS stored
     WHERE topic = $1${except(leaveOut)} ORDER BY stored.partition, stored."offset"`,
    [topic],
  );
  let compared = 0;
  let leftOut = 0;
  let last: StoredRow | undefined;

  const kind = (what: What, column: string | null = null) =>
    ({ link: "log-tables", what, table: name, column }) as const;

  function addSurplus(stored: StoredRow): void {
    const isRepeated = last !== undefined && last[0] === stored[0] && last[1] === stored[1];
    findings.add(kind(isRepeated ? "repeated-row" : "unexpected-row"), () => ({
      partition: Number(stored[0]),
      where: `offset ${String(stored[1])}`,
      expected: isRepeated ? "one row" : "no row",
      found: showRow(columns, stored.slice(2)),
    }));
    last = stored;
  }

  function compareValues(partition: number, { offset, row }: ExpectedRow, stored: StoredRow): void {
    for (const [at, column] of columns.entries()) {
      const expected = column.toStored(row[column.property]);
      const found = foundIn(column, stored[at + 2]);
      if (isSame(expected, found)) continue;
      findings.add(kind("wrong-value", column.name), () => ({
        partition,
        where: `offset ${offset}`,
        expected: showValue(expected),
        found: showValue(found),
      }));
    }
    last = stored;
  }

  function addMissing(partition: number, { offset, row }: ExpectedRow): void {
    findings.add(kind("missing-row"), () => ({
      partition,
      where: `offset ${offset}`,
      expected: showRow(
        columns,
        columns.map(({ property, toStored }) => toStored(row[property])),
      ),
      found: "no row",
    }));
  }

  /** Rows before that place are rows too many. */
  async function passUntil(partition: number, offset: number): Promise<StoredRow | undefined> {
    for (;;) {
      const stored = stream.current ?? (await stream.load());
      if (stored === undefined || !isBefore(stored, partition, offset)) return stored;
      addSurplus(stored);
      stream.drop();
    }
  }

  return {
    table: name,
    get compared() {
      return compared;
    },
    get leftOut() {
      return leftOut;
    },
    async compare(partition, expected, upTo) {
      for (const one of expected) {
        const stored = await nextRow(stream, partition, one.offset, passUntil);
        const isThere = stored !== undefined && stored[0] === partition && Number(stored[1]) === one.offset;
        if (!isThere && isExcused(retention, partition, one.ageMs)) {
          leftOut += 1;
          continue;
        }
        compared += 1;
        if (isThere) {
          compareValues(partition, one, stored);
          stream.drop();
        } else addMissing(partition, one);
      }
      await passUntil(partition, upTo);
    },
    async finish(partition) {
      await passUntil(partition, Infinity);
    },
  };
}

/** Without an await where the row is there and is no surplus, as nearly all are. */
function nextRow(
  stream: RowStream,
  partition: number,
  offset: number,
  passUntil: (partition: number, offset: number) => Promise<StoredRow | undefined>,
): StoredRow | Promise<StoredRow | undefined> {
  const { current } = stream;
  return current !== undefined && !isBefore(current, partition, offset) ? current : passUntil(partition, offset);
}

function isBefore(stored: StoredRow, partition: number, offset: number): boolean {
  const own = Number(stored[0]);
  return own === partition ? Number(stored[1]) < offset : own < partition;
}

function foundIn({ fromStored }: ComparedColumn, value: unknown): unknown {
  return fromStored === undefined ? value : fromStored(value);
}

function showRow(columns: readonly ComparedColumn[], values: readonly unknown[]): string {
  return columns.map(({ name }, at) => `${name} ${showValue(values[at])}`).join(", ");
}
