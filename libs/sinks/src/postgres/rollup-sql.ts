import { getTableColumns } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { RollupRow } from "../checkpoint.js";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import type { RollupDefinition } from "../tables/rollups.js";
import { numberArray, textArray, timeArray } from "./array-literal.js";

/** The two statements of a rollup: write absolute rows over what is there, and read back those still open. */
export interface RollupSql {
  readonly name: string;
  readonly sizeMs: number;
  readonly upsert: string;
  /** Parameters of `upsert`. */
  toParameters(topic: string, partition: number, rows: readonly RollupRow[]): unknown[];
  /** Parameters: topic, partition, epoch ms above which windows start. Rows as arrays. */
  readonly select: string;
  fromRow(row: readonly unknown[]): RollupRow;
}

/** Throws Error where the table lacks a column that the definition names: a mistake of the program. */
export function createRollupSql(definition: RollupDefinition, table: PgTable): RollupSql {
  const columns = getTableColumns(table);
  const named = (property: string) => {
    const column = columns[property];
    if (column === undefined) throw new Error(`Rollup ${definition.name}: its table has no property ${property}.`);
    return { name: quoteIdentifier(column.name), type: column.getSQLType() };
  };
  const identity = [named("topic"), named("partition")];
  const start = named("window_start");
  const keys = definition.keys.map(named);
  const values = Object.keys(definition.aggregates).map(named);
  const unnested = [start, ...keys, ...values];
  const names = [...identity, ...unnested].map((column) => column.name).join(", ");
  const arrays = unnested.map((column, index) => `$${index + 3}::${column.type}[]`).join(", ");
  const conflict = [...identity, start, ...keys].map((column) => column.name).join(", ");
  const updates = values.map((column) => `${column.name} = excluded.${column.name}`).join(", ");
  const from = qualifiedName(table);

  return {
    name: definition.name,
    sizeMs: definition.sizeMs,
    upsert: `INSERT INTO ${from} (${names}) SELECT $1, $2, * FROM unnest(${arrays}) ON CONFLICT (${conflict}) DO UPDATE SET ${updates}`,
    toParameters: (topic, partition, rows) => [
      topic,
      partition,
      timeArray(rows, (row) => row.windowStartMs),
      ...keys.map((_, index) => textArray(rows, (row) => row.keys[index] as string)),
      ...values.map((_, index) => numberArray(rows, (row) => row.values[index] as number)),
    ],
    select: `SELECT (extract(epoch FROM ${start.name}) * 1000)::int8, ${[...keys, ...values].map((column) => column.name).join(", ")} FROM ${from} WHERE topic = $1 AND partition = $2 AND ${start.name} > to_timestamp($3::float8 / 1000)`,
    fromRow: (row) => ({
      windowStartMs: Number(row[0]),
      keys: row.slice(1, 1 + keys.length).map(String),
      values: row.slice(1 + keys.length).map(Number),
    }),
  };
}
