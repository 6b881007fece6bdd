import type { PgTable } from "drizzle-orm/pg-core";
import { escapeLiteral, type Pool } from "pg";
import { qualifiedName } from "../identifiers.js";
import { isMissingPartition } from "./availability.js";
import { runAtOnceOn, type WriterLimits } from "./connection.js";

export const dayMs = 86_400_000;

/** Makes the day partitions of a table before rows need them. Days are whole UTC days since 1970-01-01. */
export interface DayPartitions {
  /**
   * Runs `write`, one transaction that writes rows of these days, with their partitions there. Where retention has dropped
   * one that was made before, all are made again and `write` runs once more.
   */
  withDays<T>(days: ReadonlySet<number>, write: () => Promise<T>): Promise<T>;
  /** Makes the day's partition behind the caller's back. What fails is left to whoever needs the day. */
  makeAhead(day: number): void;
  /** Resolves once nothing is being made ahead. */
  settle(): Promise<void>;
}

const mostTries = 5;
/** So many are made in one transaction, within a writer's time limits. */
const mostAtOnce = 50;

/** The UTC day that a time lies in, as days since 1970-01-01; also before it. */
export function dayOf(epochMs: number): number {
  return Math.floor(epochMs / dayMs);
}

export function createDayPartitions(pool: Pool, table: PgTable, limits: WriterLimits): DayPartitions {
  const known = new Set<number>();
  const beingMade = new Set<number>();
  const parent = escapeLiteral(qualifiedName(table));
  let settled: Promise<unknown> = Promise.resolve();

  async function make(days: readonly number[]): Promise<void> {
    const sorted = days.toSorted((a, b) => a - b);
    for (let at = 0; at < sorted.length; at += mostAtOnce) {
      const group = sorted.slice(at, at + mostAtOnce);
      // A `date` plus an integer, since texts of years past 9999 are of another shape.
      await runAtOnceOn(
        pool,
        limits,
        `SELECT tidemark.make_day(${parent}, date '1970-01-01' + day) FROM unnest(ARRAY[${group.join(", ")}]) AS day`,
      );
      for (const day of group) known.add(day);
    }
  }

  return {
    async withDays(days, write) {
      for (let attempt = 1; ; attempt += 1) {
        await make([...days].filter((day) => !known.has(day)));
        try {
          return await write();
        } catch (error) {
          if (!isMissingPartition(error) || attempt === mostTries) throw error;
          for (const day of days) known.delete(day);
        }
      }
    },
    makeAhead(day) {
      if (known.has(day) || beingMade.has(day)) return;
      beingMade.add(day);
      const making = make([day]).finally(() => beingMade.delete(day));
      settled = Promise.allSettled([settled, making]);
    },
    async settle() {
      await settled;
    },
  };
}
