import { getTableName } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."table"`. Drizzle names no schema for `public`, whatever the search path is. */
export function qualifiedName(table: PgTable): string {
  return `${quoteIdentifier(schemaOf(table))}.${quoteIdentifier(getTableName(table))}`;
}

export function schemaOf(table: PgTable): string {
  return getTableConfig(table).schema ?? "public";
}
