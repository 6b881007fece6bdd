import { sql, type Column, type SQL } from "drizzle-orm";

/**
 * The macros of Grafana's Postgres plugin that panels use, as SQL. What each stands for: `expand.ts`. Their arguments are bare
 * columns, as the plugin splits them at commas and ends them at the first parenthesis.
 */

/** Whether a timestamptz column lies within the time range, both ends included. */
export const timeFilter = (column: Column): SQL => sql`$__timeFilter(${column})`;

/** The start of the time range, a timestamptz. */
export const timeFrom = (): SQL => sql.raw("$__timeFrom()::timestamptz");

/** The end of the time range, a timestamptz. */
export const timeTo = (): SQL => sql.raw("$__timeTo()::timestamptz");

/** How long the time range is, in ns. Constant for the planner, so that what it rules out is not even looked at. */
export const rangeNanos = (): SQL => sql.raw("($__unixEpochNanoTo() - $__unixEpochNanoFrom())");

/** How far apart the points of a time series are to be, in ms: what the width of the screen asks for. */
export const intervalMs = (): SQL => sql.raw("$__interval_ms");
