import { socmedVerdicts1h, socmedVerdicts1m } from "@tidemark/sinks/tables";
import { aliasedTable, sql, type SQL } from "drizzle-orm";
import { timeFilter } from "./macros.js";
import { verdictSeconds, wholeOf } from "./resolution.js";
import { isTopic } from "./variables.js";

/** The verdicts looked at, by minute or by hour of arrival. */
export const verdicts = aliasedTable(socmedVerdicts1m, "verdicts");

/** FROM the verdicts on the records that came within the time range, of the topic chosen. */
export const fromVerdicts: SQL = sql`from (
  select *, 60 as seconds from ${socmedVerdicts1m}
  union all
  select *, 3600 as seconds from ${socmedVerdicts1h}
) as ${sql.identifier("verdicts")}
where seconds = ${verdictSeconds}
  and ${isTopic(verdicts.topic)}
  and ${timeFilter(verdicts.window_start)}`;

/** How far apart the points of a time series over the verdicts are, an interval. */
export const verdictPointWidth: SQL = wholeOf(verdictSeconds);
