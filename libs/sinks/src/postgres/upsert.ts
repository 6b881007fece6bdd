import type { PgTable } from "drizzle-orm/pg-core";
import { getTableColumns } from "drizzle-orm";
import { quoteIdentifier } from "../identifiers.js";
import type { ArrayParameter } from "./array-parameter.js";

/** Writes rows that come as one array for each column: `$1` is the topic, `$2` the partition, the arrays are numbered from `first`. */
export interface Upsert<Row> {
  readonly name: string;
  readonly arrays: number;
  toSql(first: number): string;
  toArrays(rows: readonly Row[]): Buffer[];
}

export interface NamedColumn {
  /** Quoted. */
  readonly name: string;
  readonly type: string;
}

/** Finds a table's columns by their property. What it gives throws Error where there is none: a mistake of the program. */
export function columnsOf(table: PgTable, what: string): (property: string) => NamedColumn {
  const columns = getTableColumns(table);
  return (property) => {
    const column = columns[property];
    if (column === undefined) throw new Error(`${what}: its table has no property ${property}.`);
    return { name: quoteIdentifier(column.name), type: column.getSQLType() };
  };
}

export interface UpsertSql {
  readonly into: string;
  /** Topic and partition. */
  readonly identity: readonly NamedColumn[];
  /** The rest of the key, then the values. */
  readonly keys: readonly NamedColumn[];
  readonly values: readonly NamedColumn[];
  /** Those of keys and values, in their order. */
  readonly parameters: readonly Pick<ArrayParameter<never>, "toSql">[];
  /** What becomes of the value of a row that is there. */
  update(column: NamedColumn): string;
}

/** `first`: number of the first array's parameter. */
export function upsertSql({ into, identity, keys, values, parameters, update }: UpsertSql, first: number): string {
  const unnested = [...keys, ...values];
  const names = [...identity, ...unnested].map(({ name }) => name).join(", ");
  const arrays = parameters.map((parameter, at) => parameter.toSql(`$${first + at}`)).join(", ");
  const conflict = [...identity, ...keys].map(({ name }) => name).join(", ");
  const updates = values.map((column) => `${column.name} = ${update(column)}`).join(", ");
  return `INSERT INTO ${into} AS t (${names}) SELECT $1::text, $2::integer, * FROM unnest(${arrays}) ON CONFLICT (${conflict}) DO UPDATE SET ${updates}`;
}
