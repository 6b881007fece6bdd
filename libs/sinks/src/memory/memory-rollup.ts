import { getTableColumns, type ColumnDataType } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { RollupRow } from "../checkpoint.js";
import { aggregateColumns } from "../tables/aggregate-columns.js";
import type { RollupData } from "../tables/pipeline-data.js";
import { createRowTarget } from "./memory-rows.js";
import type { MemoryTables } from "./memory-store.js";
import type { StoredRow } from "./stored-row.js";

/** A rollup's absolute rows: written over what is there, and read back those still open. */
export interface MemoryRollup {
  readonly sizeMs: number;
  readonly name: string;
  /** Checks the rows, and gives what writes them. Throws where a column can't hold a value, or a window comes twice. */
  prepare(topic: string, partition: number, rows: readonly RollupRow[]): () => void;
  /** Rows of windows that start after `sinceMs`. */
  read(topic: string, partition: number, sinceMs: number): RollupRow[];
}

export function createMemoryRollup(tables: MemoryTables, definition: RollupData, table: PgTable): MemoryRollup {
  const { name, window, keys, aggregates } = definition;
  const columns = aggregateColumns(aggregates);
  const target = createRowTarget(table);

  const keyColumns = getTableColumns(table);
  const keyOf = (key: string, text: string) => valueOfText(keyColumns[key]?.dataType, text);

  const toRow = ({ windowStartMs, keys: texts, values }: RollupRow): StoredRow => ({
    window_start: windowStartMs,
    ...Object.fromEntries(keys.map((key, index) => [key, keyOf(key, texts[index] as string)])),
    ...Object.fromEntries(
      columns.map((column, index) => [
        column.name,
        column.nullable && Number.isNaN(values[index]) ? null : values[index],
      ]),
    ),
  });

  return {
    name,
    sizeMs: window.sizeMs,
    prepare(topic, partition, rows) {
      const byKey = new Map(
        target
          .store(rows.map(toRow), { topic, partition })
          .map((row, index) => [
            JSON.stringify([topic, partition, row["window_start"], ...(rows[index] as RollupRow).keys]),
            row,
          ]),
      );
      if (byKey.size < rows.length) throw new Error(`The checkpoint holds a window of ${name} twice.`);
      return () => {
        for (const [key, row] of byKey) tables.put(table, key, row);
      };
    },
    read: (topic, partition, sinceMs) =>
      tables
        .stored(table)
        .filter(
          (row) => row["topic"] === topic && row["partition"] === partition && Number(row["window_start"]) > sinceMs,
        )
        .map((row) => ({
          windowStartMs: Number(row["window_start"]),
          keys: keys.map((key) => String(row[key])),
          values: columns.map((column) => Number(row[column.name] ?? Number.NaN)),
        })),
  };
}

/** The value that Postgres makes of a key's text. */
function valueOfText(type: ColumnDataType | undefined, text: string): unknown {
  switch (type) {
    case "number":
      return Number(text);
    case "bigint":
      return BigInt(text);
    case "boolean":
      return text === "true";
    default:
      return text;
  }
}
