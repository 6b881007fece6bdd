import { aliasedTable, sql, type SQL } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { timeFilter } from "../macros.js";
import { isCoarse, isLong, minutesOrHours, wholeOf } from "../resolution.js";
import { isTopic } from "../variables.js";

/** A table that counts records by verdict and by the minute or hour of their arrival. */
export type VerdictTable = PgTable &
  Readonly<Record<"topic" | "window_start" | "verdict" | "detail" | "records", PgColumn>>;

/** The same counts by minute and by hour. */
export interface VerdictTables {
  readonly minutes: VerdictTable;
  readonly hours: VerdictTable;
}

/** The verdicts looked at, whichever table they come from. */
export interface VerdictSource {
  readonly verdicts: Pick<VerdictTable, "window_start" | "verdict" | "detail" | "records">;
  /** FROM the verdicts on the records that came within the time range, of the topic chosen. */
  readonly fromVerdicts: SQL;
  /** The same for a time series, whose points may be closer than hours. */
  readonly fromVerdictsOfSeries: SQL;
}

export function createVerdictSource({ minutes, hours }: VerdictTables): VerdictSource {
  const verdicts = aliasedTable(minutes, "verdicts") as VerdictTable;
  const fromVerdictsBy = (byHour: SQL) => sql`from (
  ${minutesOrHours(minutes, hours, byHour)}
) as ${sql.identifier("verdicts")}
where ${isTopic(verdicts.topic)}
  and ${timeFilter(verdicts.window_start)}`;
  return {
    verdicts,
    fromVerdicts: fromVerdictsBy(isLong),
    fromVerdictsOfSeries: fromVerdictsBy(isCoarse),
  };
}

/** How far apart the points of a time series over the verdicts are, an interval. */
export const verdictPointWidth: SQL = wholeOf(sql`(case when ${isCoarse} then 3600 else 60 end)`);
