import { socmedVerdicts1h, socmedVerdicts1m } from "@tidemark/sinks/tables";
import { aliasedTable, sql, type SQL } from "drizzle-orm";
import { timeFilter } from "./macros.js";
import { isCoarse, isLong, minutesOrHours, wholeOf } from "./resolution.js";
import { isTopic } from "./variables.js";

/** The verdicts looked at, by minute or by hour of arrival. */
export const verdicts = aliasedTable(socmedVerdicts1m, "verdicts");

const fromVerdictsBy = (byHour: SQL) => sql`from (
  ${minutesOrHours(socmedVerdicts1m, socmedVerdicts1h, byHour)}
) as ${sql.identifier("verdicts")}
where ${isTopic(verdicts.topic)}
  and ${timeFilter(verdicts.window_start)}`;

/** FROM the verdicts on the records that came within the time range, of the topic chosen. */
export const fromVerdicts: SQL = fromVerdictsBy(isLong);

/** The same for a time series, whose points may be closer than hours. */
export const fromVerdictsOfSeries: SQL = fromVerdictsBy(isCoarse);

/** How far apart the points of a time series over the verdicts are, an interval. */
export const verdictPointWidth: SQL = wholeOf(sql`(case when ${isCoarse} then 3600 else 60 end)`);
