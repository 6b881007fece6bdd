import type { PgTable } from "drizzle-orm/pg-core";
import type { TallyRow } from "../checkpoint.js";
import { qualifiedName } from "../identifiers.js";
import type { TallyDefinition } from "../tables/verdicts.js";
import { numberArray, textArray, timeArray } from "./array-literal.js";
import { columnsOf, upsertSql, type NamedColumn, type Upsert } from "./upsert.js";

const add = ({ name }: NamedColumn) => `t.${name} + excluded.${name}`;

/** Adds counts to those that are there. Throws Error where the table lacks a column that the definition names. */
export function createTallySql(definition: TallyDefinition, table: PgTable): Upsert<TallyRow> {
  const named = columnsOf(table, `Tally ${definition.name}`);
  const identity = [named("topic"), named("partition")];
  const keys = [named("window_start"), ...definition.keys.map(named)];
  const values = [named(definition.measure)];
  return {
    name: definition.name,
    arrays: keys.length + values.length,
    toSql: (first) => upsertSql({ into: qualifiedName(table), identity, keys, values, update: add }, first),
    toArrays: (rows) => [
      timeArray(rows, (row) => row.windowStartMs),
      ...definition.keys.map((_, index) => textArray(rows, (row) => row.keys[index] as string)),
      numberArray(rows, (row) => row.count),
    ],
  };
}
