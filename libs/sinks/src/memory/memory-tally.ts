import type { PgTable } from "drizzle-orm/pg-core";
import type { TallyRow } from "../checkpoint.js";
import { unencodable } from "../errors.js";
import { timestampRange } from "../tables/timestamp-range.js";
import type { TallyDefinition } from "../tables/verdicts.js";
import type { MemoryTables } from "./memory-store.js";
import type { StoredRow } from "./stored-row.js";

/** Counts that checkpoints add to. */
export interface MemoryTally {
  readonly name: string;
  /** Checks the rows, and gives what adds them. Throws where a column can't hold a value, or a row comes twice. */
  prepare(topic: string, partition: number, rows: readonly TallyRow[]): () => void;
}

export function createMemoryTally(tables: MemoryTables, definition: TallyDefinition, table: PgTable): MemoryTally {
  const { name, keys, measure } = definition;

  function check({ windowStartMs, count }: TallyRow): void {
    const isTime = Number.isInteger(windowStartMs)
      ? windowStartMs >= timestampRange.earliestMs && windowStartMs <= timestampRange.latestMs
      : windowStartMs === -Infinity;
    if (!isTime) throw unencodable("window_start", "timestamp with time zone", windowStartMs);
    if (!Number.isSafeInteger(count)) throw unencodable(measure, "bigint", count);
  }

  return {
    name,
    prepare(topic, partition, rows) {
      for (const row of rows) check(row);
      const byKey = new Map(
        rows.map((row) => [JSON.stringify([topic, partition, String(row.windowStartMs), ...row.keys]), row]),
      );
      if (byKey.size < rows.length) throw new Error(`The checkpoint holds a row of ${name} twice.`);
      return () => {
        for (const [key, { windowStartMs, keys: texts, count }] of byKey) {
          const before = Number(tables.find(table, key)?.[measure] ?? 0);
          const named = Object.fromEntries(keys.map((property, at) => [property, texts[at]]));
          const row: StoredRow = { topic, partition, window_start: windowStartMs, ...named, [measure]: before + count };
          tables.put(table, key, row);
        }
      };
    },
  };
}
