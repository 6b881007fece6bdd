import type { PgTable } from "drizzle-orm/pg-core";
import type { TallyRow } from "../checkpoint.js";
import { qualifiedName } from "../identifiers.js";
import type { TallyDefinition } from "../tables/verdicts.js";
import { numbersAs, textsAs, timesAs } from "./array-parameter.js";
import { columnsOf, upsertSql, type NamedColumn, type Upsert } from "./upsert.js";

const add = ({ name }: NamedColumn) => `t.${name} + excluded.${name}`;

/** Adds counts to those that are there. Throws Error where the table lacks a column that the definition names. */
export function createTallySql(definition: TallyDefinition, table: PgTable): Upsert<TallyRow> {
  const named = columnsOf(table, `Tally ${definition.name}`);
  const identity = [named("topic"), named("partition")];
  const start = named("window_start");
  const keys = definition.keys.map(named);
  const measure = named(definition.measure);
  const startParameter = timesAs(start.type);
  const keyParameters = keys.map(({ type }) => textsAs(type));
  const measureParameter = numbersAs(measure.type);
  const parameters = [startParameter, ...keyParameters, measureParameter];
  return {
    name: definition.name,
    arrays: parameters.length,
    toSql: (first) =>
      upsertSql(
        { into: qualifiedName(table), identity, keys: [start, ...keys], values: [measure], parameters, update: add },
        first,
      ),
    toArrays: (rows) => [
      startParameter.encode(rows, (row) => row.windowStartMs),
      ...keyParameters.map((parameter, index) => parameter.encode(rows, (row) => row.keys[index] as string)),
      measureParameter.encode(rows, (row) => row.count),
    ],
  };
}
