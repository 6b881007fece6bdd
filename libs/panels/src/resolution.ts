import { sql, type SQL } from "drizzle-orm";
import { intervalMs, rangeNanos } from "./macros.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Time ranges up to so long are read from 5 s windows, longer ones from 1 min windows or from hours. In ms. */
export const fineRangeMs = 3 * hourMs;

/** Longer ones are read from hours, where points are to lie at least `coarseIntervalMs` apart. In ms. */
export const coarseRangeMs = 72 * hourMs;
export const coarseIntervalMs = 5 * minuteMs;

/*
 * These are constant for the planner, so that a table which the time range doesn't ask for is not even looked at.
 */

const isUpTo = (ms: number) => sql`${rangeNanos()} <= ${sql.raw(`${ms}000000`)}`;

/** Whether names are read from hours: what is asked for them has no points. */
export const isLong: SQL = sql`(not ${isUpTo(coarseRangeMs)})`;

const isCoarse = sql`${isLong} and ${intervalMs()} >= ${sql.raw(`${coarseIntervalMs}`)}`;

/** How many seconds the windows are long that a time range is read from. */
export const windowSeconds: SQL = sql`(case when ${isUpTo(fineRangeMs)} then 5 when ${isCoarse} then 3600 else 60 end)`;

/** The same of what is counted by minute and hour only. */
export const verdictSeconds: SQL = sql`(case when ${isCoarse} then 3600 else 60 end)`;

/** How far apart points lie, an interval: a multiple of so many seconds, not below the one that is asked for. */
export function wholeOf(seconds: SQL): SQL {
  return sql`make_interval(secs => ${seconds} * greatest(1, ceil(${intervalMs()} / (${seconds} * 1000.0))))`;
}
