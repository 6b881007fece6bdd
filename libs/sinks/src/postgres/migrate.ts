import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import postgres, { type Sql } from "postgres";
import { parseDatabaseUrl } from "../address.js";
import { unmigrated } from "../errors.js";
import { migrationLock } from "./advisory-locks.js";

const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url));
const connectTimeoutSeconds = 10;

const insufficientPrivilege = "42501";
// undefined_table, invalid_schema_name
const notMadeYet = new Set(["42P01", "3F000"]);

/**
 * Brings the database to this version's tables. Safe when many start at once: they queue on an advisory lock, which
 * ends with the connection. A role that may make nothing finds an up-to-date database in order, too; else it rejects with
 * SinkError `unmigrated`. Rejects with Postgres's own error where it can't be reached or refuses.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const sql = postgres(parseDatabaseUrl(databaseUrl), {
    max: 1,
    prepare: false,
    connect_timeout: connectTimeoutSeconds,
    onnotice: () => {},
  });
  try {
    if (await isUpToDate(sql)) return;
    await sql`SELECT pg_advisory_lock(${migrationLock})`;
    await applyMigrations(drizzle(sql), {
      migrationsFolder,
      migrationsSchema: "tidemark",
      migrationsTable: "migrations",
    });
  } catch (error) {
    // Drizzle wraps what Postgres says.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (stateOf(cause) !== insufficientPrivilege) throw error;
    throw unmigrated(decodeURIComponent(new URL(databaseUrl).username), cause);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** As Drizzle judges it: by the time of the last migration. */
async function isUpToDate(sql: Sql): Promise<boolean> {
  const last = readMigrationFiles({ migrationsFolder }).at(-1)?.folderMillis ?? 0;
  try {
    const rows = await sql<{ applied: boolean | null }[]>`
      SELECT max(created_at) >= ${last} AS applied FROM tidemark.migrations`;
    return rows[0]?.applied === true;
  } catch (error) {
    if (notMadeYet.has(stateOf(error))) return false;
    throw error;
  }
}

function stateOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
