import {
  byName,
  count,
  definePanel,
  MOST,
  mostOf,
  nameOrOther,
  OTHER_NAME,
  pointOf,
  pointsOf,
  text,
  time,
} from "@tidemark/panels";
import { sql } from "drizzle-orm";
import { fromWindows, fromWindowsOfSeries, noEvents, pointWidth, windows } from "./windows.js";

export const totalUsage = definePanel({
  id: "total-usage",
  title: "Total usage",
  question: "How much were the platforms used?",
  description: "The sum of the usage counts of all events in the time range.",
  show: { kind: "stat", value: "usage" },
  columns: { usage: count("Usage", sql`sum(${windows.usage_count})`) },
  from: sql`${fromWindows}
having count(*) > 0`,
  variables: ["topic", "city", "platform"],
  noData: noEvents,
});

export const totalTransactions = definePanel({
  id: "total-transactions",
  title: "Total transactions",
  question: "How many sales were there?",
  description: "The sum of the sales of all events in the time range.",
  show: { kind: "stat", value: "transactions" },
  columns: { transactions: count("Transactions", sql`sum(${windows.sales})`) },
  from: sql`${fromWindows}
having count(*) > 0`,
  variables: ["topic", "city", "platform"],
  noData: noEvents,
});

// Between a platform's points others may have one where it has none: nothing was used then, and the line goes down to 0. Before
// the first point and behind the last one nothing is known.
export const usageOverTime = definePanel({
  id: "real-time-total-usage",
  title: "Real-time total usage",
  question: "How does the usage of each platform go up and down?",
  description:
    "The sum of the usage counts per platform and point in time, by the time of the events. The last point still grows. " +
    `Shown are the ${MOST.series} platforms with most usage; all further ones are added up as ${OTHER_NAME}.`,
  show: { kind: "time-series", value: "usage", style: "line" },
  columns: {
    time: time("Time", sql`point`),
    metric: text("Platform", sql`platform`),
    usage: count("Usage", sql`coalesce(usage, 0)`),
  },
  with: sql`with by_platform as (
  select ${pointOf(windows.window_start, pointWidth)} as point, ${windows.Sosial_Media} as platform, sum(${windows.usage_count}) as usage
  ${fromWindowsOfSeries}
  group by 1, 2
), most as (
  ${mostOf("by_platform", "platform", "usage", MOST.series)}
), sums as (
  select point, ${nameOrOther("platform", "most")} as platform, sum(usage) as usage
  from by_platform
  group by 1, 2
), ${pointsOf("sums", pointWidth)}, platforms as (
  select distinct platform from sums
)`,
  from: sql`from points cross join platforms left join sums using (point, platform)
order by point, ${byName(sql`platform`)}`,
  variables: ["topic", "city", "platform"],
  minIntervalMs: 5_000,
  noData: noEvents,
});
