import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { parseDatabaseUrl } from "../address.js";

const migrationsFolder = fileURLToPath(new URL("../../migrations", import.meta.url));
// Any constant will do; whoever migrates must agree on it.
const advisoryLock = 7_415_062;
const connectTimeoutSeconds = 10;

/**
 * Brings the database to this version's tables. Safe when many start at once: they queue on an advisory lock, which
 * ends with the connection. Rejects with Postgres's own error where it can't be reached or refuses.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const sql = postgres(parseDatabaseUrl(databaseUrl), {
    max: 1,
    prepare: false,
    connect_timeout: connectTimeoutSeconds,
    onnotice: () => {},
  });
  try {
    await sql`SELECT pg_advisory_lock(${advisoryLock})`;
    await applyMigrations(drizzle(sql), {
      migrationsFolder,
      migrationsSchema: "tidemark",
      migrationsTable: "migrations",
    });
  } finally {
    await sql.end({ timeout: 1 });
  }
}
