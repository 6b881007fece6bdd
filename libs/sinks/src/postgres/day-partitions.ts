import { getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type pg from "pg";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import { inTransaction, type WriterLimits } from "./connection.js";

export const dayMs = 86_400_000;

/** Makes the day partitions of a table before rows need them. */
export interface DayPartitions {
  /** `days` are whole UTC days since 1970-01-01. */
  ensure(days: ReadonlySet<number>): Promise<void>;
}

// Any constant will do; all writers must agree on it.
const advisoryLock = 7_415_063;

/** The UTC day that a time lies in, as days since 1970-01-01; also before it. */
export function dayOf(epochMs: number): number {
  return Math.floor(epochMs / dayMs);
}

function dayStart(day: number): string {
  const iso = new Date(day * dayMs).toISOString();
  // A year past 9999 is written +010000 by Date and 10000 by Postgres.
  return iso
    .replace(/^\+0*/, "")
    .slice(0, iso.startsWith("+") ? undefined : 10)
    .replace(/T.*$/, "");
}

/**
 * Each day's table is made detached and then attached: that takes no lock which a COPY into another day waits for.
 * Writers that want the same day queue on an advisory lock.
 */
export function createDayPartitions(pool: pg.Pool, table: PgTable, limits: WriterLimits): DayPartitions {
  const known = new Set<number>();
  const parent = qualifiedName(table);

  async function create(client: pg.PoolClient, day: number): Promise<void> {
    const child = quoteIdentifier(`${getTableName(table)}_${dayStart(day).replaceAll("-", "")}`);
    const qualifiedChild = parent.includes(".") ? `${parent.split(".")[0]}.${child}` : child;
    const { rows } = await client.query<{ exists: boolean }>("SELECT to_regclass($1) IS NOT NULL AS exists", [
      qualifiedChild,
    ]);
    if (rows[0]?.exists === true) return;
    await client.query(`CREATE TABLE ${qualifiedChild} (LIKE ${parent} INCLUDING ALL)`);
    await client.query(
      `ALTER TABLE ${parent} ATTACH PARTITION ${qualifiedChild} FOR VALUES FROM ('${dayStart(day)} 00:00:00+00') TO ('${dayStart(day + 1)} 00:00:00+00')`,
    );
  }

  return {
    async ensure(days) {
      const missing = [...days].filter((day) => !known.has(day)).toSorted((a, b) => a - b);
      if (missing.length === 0) return;
      await inTransaction(pool, limits, async (client) => {
        await client.query("SELECT pg_advisory_xact_lock($1)", [advisoryLock]);
        for (const day of missing) await create(client, day);
      });
      for (const day of missing) known.add(day);
    },
  };
}
