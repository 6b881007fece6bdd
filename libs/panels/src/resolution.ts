import { sql, type Column, type SQL, type Table } from "drizzle-orm";
import { intervalMs, rangeNanos, timeFrom, timeTo } from "./macros.js";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Time ranges up to so long are read from 5 s windows, longer ones from 1 min windows. In ms. */
export const fineRangeMs = 3 * hourMs;

/** Of still longer ones the whole hours within them are read from hours, and only what is left at both ends from minutes. In ms. */
const coarseRangeMs = 72 * hourMs;

/** Points are whole hours in so long a range, if they are to lie at least so far apart. In ms. */
const coarseIntervalMs = 5 * minuteMs;

/*
 * Conditions on the time range are constant for the planner, so that a table which the range doesn't ask for is not even looked at.
 */

const isUpTo = (ms: number) => sql`${rangeNanos()} <= ${sql.raw(`${ms}000000`)}`;

export const isFine: SQL = sql`(${isUpTo(fineRangeMs)})`;
/** Whether hours stand in for minutes where nothing has points. */
export const isLong: SQL = sql`(not ${isUpTo(coarseRangeMs)})`;
/** The same of a time series. */
export const isCoarse: SQL = sql`(${isLong} and ${intervalMs()} >= ${sql.raw(`${coarseIntervalMs}`)})`;

const hourOf = (time: SQL) => sql`date_bin('1 hour', ${time}, 'epoch')`;
/** The hours within the range begin at this one, and end where the other one begins. */
const firstHour = sql`${hourOf(sql`${timeFrom()} - interval '1 microsecond'`)} + interval '1 hour'`;
const lastHour = hourOf(timeTo());

const start = sql.identifier("window_start");

/**
 * Rows of both tables, of which hours are sums of minutes: where `byHour`, the hours that lie within the time range as a whole and the
 * minutes before and after them, else minutes alone. Whichever they are, they add up to the minutes that start within the range.
 */
export function minutesOrHours(minutes: Table, hours: Table, byHour: SQL): SQL {
  return sql`select * from ${minutes} where not ${byHour}
  union all
  select * from ${minutes} where ${byHour} and ${start} < ${firstHour}
  union all
  select * from ${hours} where ${byHour} and ${start} >= ${firstHour} and ${start} < ${lastHour}
  union all
  select * from ${minutes} where ${byHour} and ${start} >= ${lastHour}`;
}

/** How far apart points lie, an interval: a multiple of so many seconds, not below the one that is asked for. */
export function wholeOf(seconds: SQL): SQL {
  return sql`make_interval(secs => ${seconds} * greatest(1, ceil(${intervalMs()} / (${seconds} * 1000.0))))`;
}

/** The start of the point that a time lies in, a timestamptz. One point starts at 1970, the others whole widths from it. */
export function pointOf(column: Column, width: SQL): SQL {
  return sql`date_bin(${width}, ${column}, 'epoch')`;
}

/** Of a WITH: a point for each step between the first and the last one that the named part of it has. */
export function pointsOf(part: string, width: SQL): SQL {
  return sql`points as (
  select generate_series(min(point), max(point), ${width}) as point from ${sql.raw(part)}
)`;
}
