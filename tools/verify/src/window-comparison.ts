import type { OracleWindow } from "@tidemark/scenario/oracle";
import { MERGED_PARTITION } from "@tidemark/sinks/tables";
import type { ClosedTo } from "./closed-to.js";
import { isSame, showValue } from "./column.js";
import type { What } from "./findings.js";
import { compareParts } from "./merged-parts.js";
import { MergedWindows } from "./merged-windows.js";
import { isExcused } from "./retention.js";
import { except, type ComparisonContext } from "./row-comparison.js";
import { openRowStream, type StoredRow } from "./row-stream.js";
import { quote, type RollupTable } from "./stored-table.js";
import { formatStoredTime } from "./stored-value.js";

/** Compares a rollup's table with the windows that it has to hold, in the order of partition and start. */
export interface WindowComparison {
  readonly table: string;
  readonly compared: number;
  readonly leftOut: number;
  /** At least so many rows held the windows that are left out: several partitions may have had one row. */
  readonly leftOutRows: number;
  /**
   * Windows of the rollup that follow those of the last call, by rising start; all of one start in one call. The partition has to
   * have its own rows of those that it has not closed.
   */
  compare(partition: number, expected: readonly OracleWindow[], areClosed: boolean): Promise<void>;
  /** No further windows are expected in partitions up to this one. */
  finish(partition: number): Promise<void>;
  /** What no single partition tells: rows that hold windows of several. Last. */
  finishMerged(partitions: readonly number[], closedTo: ClosedTo | undefined): Promise<void>;
}

export interface WindowContext extends ComparisonContext {
  readonly pipeline: string;
  /** The size of the largest window of all rollups. */
  readonly coarsestMs: number;
}

/** `window 2024-02-03T17:00:05Z, Jakarta, X`. */
const place = (start: unknown, keys: readonly string[]) => `window ${[start, ...keys].map(showValue).join(", ")}`;

/** As a double: whole ms are exact, and what lies between two of them is a half, which no window begins at. */
const epochMs = `((floor(extract(epoch FROM window_start) * 1000) + ceil(extract(epoch FROM window_start) * 1000)) / 2)::float8`;

export function createWindowComparison(rollup: RollupTable, context: WindowContext): WindowComparison {
  const { name, sql, keys, values: valueColumns } = rollup;
  const { snapshot, topic, findings, retention, leaveOut } = context;
  // Keys travel as text, so that their text is compared.
  const keyColumns = keys.map((key) => `${quote(key)}::text`);
  const selected = [...keyColumns, ...valueColumns.map(({ select }) => select)].join(", ");
  // By the columns themselves: the bare names would mean the texts that are selected.
  const stream = openRowStream(
    snapshot,
    `SELECT ${["partition", "window_start::text", epochMs, selected].join(", ")} FROM ${sql} AS stored
     WHERE topic = $1${except(leaveOut)} ORDER BY stored.partition, stored.window_start`,
    [topic],
  );
  const firstKey = 3;
  const firstValue = firstKey + keys.length;
  let compared = 0;
  let leftOut = 0;
  let isMerged = false;
  const leftOutOf = new Map<number, number>();
  const merged = new MergedWindows(rollup, context.coarsestMs);

  const kind = (what: What, column: string | null = null) =>
    ({ link: "log-tables", what, table: name, column }) as const;
  const keysOf = (stored: StoredRow) => stored.slice(firstKey, firstValue) as string[];
  const showValues = (values: readonly unknown[]) =>
    valueColumns.map((column, at) => `${column.name} ${showValue(values[at])}`).join(", ");

  function addSurplus(what: "unexpected-row" | "repeated-row", stored: StoredRow): void {
    findings.add(kind(what), () => ({
      partition: Number(stored[0]) === MERGED_PARTITION ? null : Number(stored[0]),
      where: place(stored[1], keysOf(stored)),
      expected: what === "repeated-row" ? "one row" : "no row",
      found: showValues(stored.slice(firstValue)),
    }));
  }

  /** Rows of several partitions come before those of all partitions. */
  async function loadMerged(): Promise<void> {
    for (;;) {
      const stored = stream.current ?? (await stream.load());
      if (stored === undefined || Number(stored[0]) !== MERGED_PARTITION) return;
      if (!merged.add(Number(stored[2]), keysOf(stored), stored.slice(firstValue))) addSurplus("repeated-row", stored);
      stream.drop();
    }
  }

  async function passUntil(partition: number, startMs: number): Promise<StoredRow | undefined> {
    await loadMerged();
    for (;;) {
      const stored = stream.current ?? (await stream.load());
      if (stored === undefined) return undefined;
      const own = Number(stored[0]);
      if (own > partition || (own === partition && Number(stored[2]) >= startMs)) return stored;
      addSurplus("unexpected-row", stored);
      stream.drop();
    }
  }

  /** All rows that begin exactly then, by their keys. */
  async function collect(partition: number, startMs: number): Promise<Map<string, StoredRow>> {
    const found = new Map<string, StoredRow>();
    await passUntil(partition, startMs);
    for (;;) {
      const stored = stream.current ?? (await stream.load());
      if (stored === undefined || Number(stored[0]) !== partition || Number(stored[2]) !== startMs) return found;
      const key = JSON.stringify(keysOf(stored));
      if (found.has(key)) addSurplus("repeated-row", stored);
      else found.set(key, stored);
      stream.drop();
    }
  }

  async function compareGroup(
    partition: number,
    startMs: number,
    windows: readonly OracleWindow[],
    areClosed: boolean,
  ): Promise<void> {
    const found = await collect(partition, startMs);
    for (const window of windows) {
      const key = JSON.stringify(window.keys);
      const stored = found.get(key);
      found.delete(key);
      const where = () => place(formatStoredTime(startMs), window.keys);
      if (stored === undefined && areClosed && merged.take(partition, window)) {
        compared += 1;
        continue;
      }
      if (stored === undefined && isExcused(retention, partition, startMs)) {
        leftOut += 1;
        leftOutOf.set(partition, (leftOutOf.get(partition) ?? 0) + 1);
        continue;
      }
      compared += 1;
      if (stored === undefined) {
        findings.add(kind("missing-row"), () => ({
          partition,
          where: where(),
          expected: showValues(window.values),
          found: "no row",
        }));
        continue;
      }
      for (const [at, column] of valueColumns.entries()) {
        const expected = column.toStored(window.values[at]);
        const actual = stored[firstValue + at];
        if (isSame(expected, actual)) continue;
        findings.add(kind("wrong-value", column.name), () => ({
          partition,
          where: where(),
          expected: showValue(expected),
          found: showValue(actual),
        }));
      }
    }
    for (const stored of found.values()) addSurplus("unexpected-row", stored);
  }

  return {
    table: name,
    get compared() {
      return compared;
    },
    get leftOut() {
      return leftOut;
    },
    get leftOutRows() {
      return !isMerged ? leftOut : Math.max(0, ...leftOutOf.values());
    },
    async compare(partition, expected, areClosed) {
      for (let from = 0, to = 0; from < expected.length; from = to) {
        const startMs = expected[from]?.windowStartMs ?? NaN;
        while (expected[to]?.windowStartMs === startMs) to += 1;
        await compareGroup(partition, startMs, expected.slice(from, to), areClosed);
      }
    },
    async finish(partition) {
      await passUntil(partition, Infinity);
    },
    async finishMerged(partitions, closedTo) {
      // They hold parts of partitions that are left out.
      if (leaveOut.length > 0) return;
      for (const { startMs, keys: texts, column, expected, found } of merged.faults(closedTo)) {
        const where = () => place(formatStoredTime(startMs), texts);
        if (column === undefined) {
          findings.add(kind("unexpected-row"), () => ({
            partition: null,
            where: where(),
            expected: "no row",
            found: showValues(found as readonly unknown[]),
          }));
          continue;
        }
        findings.add(kind("wrong-value", valueColumns[column]?.name), () => ({
          partition: null,
          where: where(),
          expected: showValue(expected),
          found: showValue(found),
        }));
      }
      isMerged = (await compareParts(name, partitions, merged, context)) || merged.size > 0;
    },
  };
}
