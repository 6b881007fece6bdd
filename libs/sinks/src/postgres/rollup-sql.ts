import type { PgTable } from "drizzle-orm/pg-core";
import type { RollupRow } from "../checkpoint.js";
import { qualifiedName } from "../identifiers.js";
import type { RollupDefinition } from "../tables/rollups.js";
import { numberArray, textArray, timeArray } from "./array-literal.js";
import { columnsOf, upsertSql, type NamedColumn, type Upsert } from "./upsert.js";

/** A rollup's two statements: write absolute rows over what is there, and read back those still open. */
export interface RollupSql extends Upsert<RollupRow> {
  readonly sizeMs: number;
  /** Parameters: topic, partition, epoch ms above which windows start. Rows as arrays. */
  readonly select: string;
  fromRow(row: readonly unknown[]): RollupRow;
}

const writeOver = ({ name }: NamedColumn) => `excluded.${name}`;

/** Throws Error where the table lacks a column that the definition names: a mistake of the program. */
export function createRollupSql(definition: RollupDefinition, table: PgTable): RollupSql {
  const named = columnsOf(table, `Rollup ${definition.name}`);
  const identity = [named("topic"), named("partition")];
  const start = named("window_start");
  const keys = definition.keys.map(named);
  const values = Object.keys(definition.aggregates).map(named);
  const tableName = qualifiedName(table);

  return {
    name: definition.name,
    sizeMs: definition.sizeMs,
    arrays: 1 + keys.length + values.length,
    toSql: (first) =>
      upsertSql({ into: tableName, identity, keys: [start, ...keys], values, update: writeOver }, first),
    toArrays: (rows) => [
      timeArray(rows, (row) => row.windowStartMs),
      ...keys.map((_, index) => textArray(rows, (row) => row.keys[index] as string)),
      ...values.map((_, index) => numberArray(rows, (row) => row.values[index] as number)),
    ],
    select: `SELECT (extract(epoch FROM ${start.name}) * 1000)::int8, ${[...keys, ...values].map((column) => column.name).join(", ")} FROM ${tableName} WHERE topic = $1 AND partition = $2 AND ${start.name} > to_timestamp($3::float8 / 1000)`,
    fromRow: (row) => ({
      windowStartMs: Number(row[0]),
      keys: row.slice(1, 1 + keys.length).map(String),
      values: row.slice(1 + keys.length).map(Number),
    }),
  };
}
