import { count, definePanel, pointOf, pointsOf, text, time } from "@tidemark/panels";
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
    "The sum of the usage counts per platform and point in time, by the time of the events. The last point still grows.",
  show: { kind: "time-series", value: "usage", style: "line" },
  columns: {
    time: time("Time", sql`point`),
    metric: text("Platform", sql`platform`),
    usage: count("Usage", sql`coalesce(usage, 0)`),
  },
  with: sql`with sums as (
  select ${pointOf(windows.window_start, pointWidth)} as point, ${windows.Sosial_Media} as platform, sum(${windows.usage_count}) as usage
  ${fromWindowsOfSeries}
  group by 1, 2
), ${pointsOf("sums", pointWidth)}, platforms as (
  select distinct platform from sums
)`,
  from: sql`from points cross join platforms left join sums using (point, platform)
order by point, platform collate "C"`,
  variables: ["topic", "city", "platform"],
  minIntervalMs: 5_000,
  noData: noEvents,
});
