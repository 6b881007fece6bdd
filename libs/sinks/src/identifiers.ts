import { getTableName } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."table"`, or `"table"` where the Drizzle table names no schema. */
export function qualifiedName(table: PgTable): string {
  const { schema } = getTableConfig(table);
  const name = quoteIdentifier(getTableName(table));
  return schema === undefined ? name : `${quoteIdentifier(schema)}.${name}`;
}
