import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ISql } from "postgres";
import { oldDatabase, refusedTable } from "../errors.js";

const FOLDER = fileURLToPath(new URL("../../migrations", import.meta.url));

/** The SQL files of the schema tidemark in their order: `0000_tidemark.sql`, … */
function migrationFiles(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".sql"))
    .toSorted();
}

/**
 * How many of the migrations the database has; undefined where it has no schema tidemark yet. Throws SinkError `old-database`
 * for tables of another version that has no migrations in common with this one.
 */
async function countApplied(sql: ISql): Promise<number | undefined> {
  const columns = await sql<{ attname: string }[]>`
    SELECT attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = 'tidemark' AND relname = 'migrations' AND attnum > 0`;
  if (columns.length === 0) return undefined;
  if (!columns.some(({ attname }) => attname === "file")) throw oldDatabase();
  const known = migrationFiles();
  const applied = await sql<{ file: string }[]>`SELECT file FROM tidemark.migrations ORDER BY file`;
  if (applied.some(({ file }, at) => file !== known[at])) throw oldDatabase();
  return applied.length;
}

export async function isSchemaUpToDate(sql: ISql): Promise<boolean> {
  return (await countApplied(sql)) === migrationFiles().length;
}

/** Brings the schema tidemark to this version. For one transaction at a time. */
export async function migrateSchema(sql: ISql): Promise<void> {
  const applied = await countApplied(sql);
  if (applied === undefined) {
    await refuseForeignSchema(sql);
    await createSchema(sql, "tidemark");
    await sql`CREATE TABLE tidemark.migrations (file text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`;
  }
  for (const file of migrationFiles().slice(applied ?? 0)) {
    await sql.unsafe(readFileSync(join(FOLDER, file), "utf8"));
    await sql`INSERT INTO tidemark.migrations (file) VALUES (${file})`;
  }
}

/** A schema of that name with tables, but none that says which migrations it has, is somebody else's. */
async function refuseForeignSchema(sql: ISql): Promise<void> {
  const relations = await sql<{ name: string }[]>`
    SELECT relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE nspname = 'tidemark' ORDER BY relname LIMIT 4`;
  if (relations.length === 0) return;
  const names = relations.slice(0, 3).map(({ name }) => name);
  const more = relations.length > names.length ? ", …" : "";
  throw refusedTable([
    `The database has a schema tidemark that Tidemark has not made (it holds ${names.join(", ")}${more}): use another database, or rename that schema.`,
  ]);
}

/** Unlike CREATE SCHEMA IF NOT EXISTS, this needs no right to create one where it exists. */
export async function createSchema(sql: ISql, name: string): Promise<void> {
  const [existing] = await sql`SELECT FROM pg_namespace WHERE nspname = ${name}`;
  if (existing === undefined) await sql`CREATE SCHEMA ${sql(name)}`;
}
