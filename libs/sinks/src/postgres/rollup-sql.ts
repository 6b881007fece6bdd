import type { PgTable } from "drizzle-orm/pg-core";
import type { RollupRow } from "../checkpoint.js";
import { qualifiedName } from "../identifiers.js";
import { aggregateColumns } from "../tables/aggregate-columns.js";
import type { RollupData } from "../tables/pipeline-data.js";
import { numbersAs, textsAs, timesAs } from "./array-parameter.js";
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
export function createRollupSql(definition: RollupData, table: PgTable): RollupSql {
  const named = columnsOf(table, `Rollup ${definition.name}`);
  const identity = [named("topic"), named("partition")];
  const start = named("window_start");
  const keys = definition.keys.map(named);
  const columns = aggregateColumns(definition.aggregates);
  const values = columns.map(({ name }) => named(name));
  const startParameter = timesAs(start.type);
  const keyParameters = keys.map(({ type }) => textsAs(type));
  const valueParameters = values.map(({ type }) => numbersAs(type));
  const parameters = [startParameter, ...keyParameters, ...valueParameters];
  const tableName = qualifiedName(table);

  return {
    name: definition.name,
    sizeMs: definition.window.sizeMs,
    arrays: parameters.length,
    toSql: (first) =>
      upsertSql({ into: tableName, identity, keys: [start, ...keys], values, parameters, update: writeOver }, first),
    toArrays: (rows) => [
      startParameter.encode(rows, (row) => row.windowStartMs),
      ...keyParameters.map((parameter, index) => parameter.encode(rows, (row) => row.keys[index] as string)),
      ...valueParameters.map((parameter, index) => parameter.encode(rows, (row) => row.values[index] as number)),
    ],
    select: `SELECT (extract(epoch FROM ${start.name}) * 1000)::int8, ${[...keys.map(({ name }) => `${name}::text`), ...values.map(({ name }) => name)].join(", ")} FROM ${tableName} WHERE topic = $1 AND partition = $2 AND ${start.name} > to_timestamp($3::float8 / 1000)`,
    fromRow: (row) => ({
      windowStartMs: Number(row[0]),
      keys: row.slice(1, 1 + keys.length).map(String),
      values: row.slice(1 + keys.length).map((value) => (value === null ? Number.NaN : Number(value))),
    }),
  };
}
