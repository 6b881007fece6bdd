import { getTableColumns, getTableName, type Column } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import type { ISql } from "postgres";
import { qualifiedName, schemaOf } from "../identifiers.js";
import { isDerived, sinkTables, type SinkPipeline } from "../sink-pipeline.js";

interface CatalogColumn {
  readonly name: string;
  readonly type: string;
  readonly type_name: string;
  readonly not_null: boolean;
  /** Whether it gets a value where none is given. */
  readonly filled: boolean;
}

/** Names that Drizzle and Postgres have for one type. */
const SYNONYMS: readonly (readonly [RegExp, string])[] = [
  [/^varchar\b/, "character varying"],
  [/^char\b/, "character"],
  [/^serial$/, "integer"],
  [/^bigserial$/, "bigint"],
  [/^smallserial$/, "smallint"],
  [/^decimal\b/, "numeric"],
  [/^timestamp( ?\(\d\))?$/, "timestamp$1 without time zone"],
  [/^numeric\((\d+)\)/, "numeric($1,0)"],
];

/** What keeps rows from being written into tables that the user made: a sentence each. */
export async function findMisfits(sql: ISql, pipeline: SinkPipeline): Promise<readonly string[]> {
  const misfits: string[] = [];
  for (const table of ownTables(pipeline)) misfits.push(...compareColumns(table, await readColumns(sql, table)));
  return misfits;
}

function ownTables(pipeline: SinkPipeline): readonly PgTable[] {
  if (isDerived(pipeline)) return pipeline.data.tables.own.map((which) => pipeline.tables[which]);
  const { raw, late, rejected, rollups, tallies = [] } = sinkTables(pipeline);
  const others = [late, rejected].filter((table) => table !== undefined);
  return [raw.table, ...others, ...[...rollups, ...tallies].map(({ table }) => table)];
}

function readColumns(sql: ISql, table: PgTable): Promise<readonly CatalogColumn[]> {
  return sql<CatalogColumn[]>`
    SELECT attname AS name, format_type(atttypid, atttypmod) AS type, typname AS type_name, attnotnull AS not_null,
      atthasdef OR attidentity <> '' OR attgenerated <> '' AS filled
    FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
    WHERE attrelid = to_regclass(${qualifiedName(table)}) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`;
}

function compareColumns(table: PgTable, catalog: readonly CatalogColumn[]): readonly string[] {
  const { primaryKeys } = getTableConfig(table);
  const keys = new Set(primaryKeys.flatMap(({ columns }) => columns.map(({ name }) => name)));
  const place = `the table ${schemaOf(table)}.${getTableName(table)}`;
  if (catalog.length === 0) return [`There is no ${place.slice("the ".length)}: create it first.`];
  const given = Object.values(getTableColumns(table));
  const misfits = given.flatMap((column) => {
    const found = catalog.find(({ name }) => name === column.name);
    const misfit = found === undefined ? "does not exist" : misfitOf(column, keys, found);
    return misfit === undefined ? [] : [`The column ${column.name} of ${place} ${misfit}.`];
  });
  const unfilled = catalog
    .filter(({ name, not_null, filled }) => not_null && !filled && !given.some((column) => column.name === name))
    .map(({ name }) => `The column ${name} of ${place} needs a value, and the Drizzle table does not have it.`);
  return [...misfits, ...unfilled];
}

function misfitOf(column: Column, keys: ReadonlySet<string>, found: CatalogColumn): string | undefined {
  const type = column.getSQLType();
  if (normalize(type) !== normalize(found.type) && type !== found.type_name) return `is ${found.type}, not ${type}`;
  const mayBeNull = !column.notNull && !keys.has(column.name);
  return found.not_null && mayBeNull ? "takes no null, and the Drizzle table's may be null" : undefined;
}

/** The type as Postgres writes it, without spaces around parentheses. */
function normalize(type: string): string {
  const elements = type.endsWith("[]") ? "[]" : "";
  const base = type.slice(0, type.length - elements.length).replaceAll(/\s*([(),])\s*/g, "$1");
  const named = SYNONYMS.reduce((name, [pattern, text]) => name.replace(pattern, text), base);
  return `${named}${elements}`.replaceAll(/\)(?=[a-z])/g, ") ");
}
