import type { RateDefinition } from "@tidemark/metrics";
import {
  byName,
  isChosen,
  isCoarse,
  isFine,
  isLong,
  isTopic,
  minutesOrHours,
  mostOf,
  nameOrOther,
  renderSql,
  timeFilter,
  timeTo,
  wholeOf,
} from "@tidemark/panels";
import { aliasedTable, sql, type Column, type SQL } from "drizzle-orm";
import { socmed1h, socmed1m, socmed5s } from "../tables.js";

/** The windows looked at, whichever rollup they come from: one row per partition, window, city and platform. */
export const windows = aliasedTable(socmed1m, "windows");

function isOfView(rollup: Readonly<Record<"topic" | "Kota" | "Sosial_Media", Column>>): SQL {
  return sql`${isTopic(rollup.topic)}
  and ${isChosen(rollup.Kota, "city")}
  and ${isChosen(rollup.Sosial_Media, "platform")}`;
}

const fromWindowsBy = (byHour: SQL) => sql`from (
  select * from ${socmed5s} where ${isFine}
  union all
  select * from (
  ${minutesOrHours(socmed1m, socmed1h, byHour)}
  ) as coarser where not ${isFine}
) as ${sql.identifier("windows")}
where ${timeFilter(windows.window_start)}
  and ${isOfView(windows)}`;

/** FROM the windows that start within the time range, of the topic, cities and platforms chosen. */
export const fromWindows: SQL = fromWindowsBy(isLong);

/** The same for a time series, whose points may be closer than hours. */
export const fromWindowsOfSeries: SQL = fromWindowsBy(isCoarse);

const summed = [
  windows.visitors,
  windows.page_visitors,
  windows.conversion,
  windows.conversion_rate_sum,
  windows.conversion_rate_count,
  windows.bounce_rate_sum,
  windows.bounce_rate_count,
];

const named = { city: windows.Kota, platform: windows.Sosial_Media };

type Key = keyof typeof named;

const listOf = (parts: readonly SQL[]): SQL => sql.join([...parts], sql.raw(", "));

/** WITH the sums of what rates are made of by these keys, and for each key so many names with most visitors. */
export function withMostVisited(most: Readonly<Partial<Record<Key, number>>>): SQL {
  const keys = Object.keys(most) as Key[];
  const parts = keys.map(
    (key) => sql`, most_${sql.raw(key)} as (
  ${mostOf("by_name", key, "visitors", most[key] ?? 0)}
)`,
  );
  return sql`with by_name as (
  select ${listOf(keys.map((key) => sql`${named[key]} as ${sql.identifier(key)}`))},
    ${listOf(summed.map((column) => sql`sum(${column}) as ${sql.identifier(column.name)}`))}
  ${fromWindows}
  group by ${sql.raw(keys.map((_, at) => String(at + 1)).join(", "))}
)${sql.join(parts)}`;
}

/** FROM these sums, as if they were windows: all further names are one. */
export function fromMostVisited(keys: readonly Key[]): SQL {
  const names = keys.map((key) => sql`${nameOrOther(key, `most_${key}`)} as ${sql.identifier(named[key].name)}`);
  return sql`from (
  select ${listOf(names)}, ${listOf(summed.map((column) => sql`${sql.identifier(column.name)}`))}
  from by_name
) as ${sql.identifier("windows")}
group by ${listOf(keys.map((key) => sql`${named[key]}`))}
order by ${listOf(keys.map((key) => byName(sql`${named[key]}`)))}`;
}

/** FROM the 5 s windows of the last five minutes of the time range, however long that is. */
export const fromLastFiveMinutes: SQL = sql`from (
  select * from ${socmed5s}
  where ${socmed5s.window_start} >= ${timeTo()} - interval '5 minutes' and ${socmed5s.window_start} < ${timeTo()}
    and ${isOfView(socmed5s)}
) as ${sql.identifier("windows")}`;

/** How far apart the points of a time series over the windows are, an interval: whole windows, as many as the screen asks for. */
export const pointWidth: SQL = wholeOf(sql`(case when ${isFine} then 5 when ${isCoarse} then 3600 else 60 end)`);

/** Shown in the place of rows where no window is looked at. */
export const noEvents = "No events in this time range.";

/** What a rate is made of, by the names in its definition and in the rollups' measures. */
const rateColumns = {
  Visitors: windows.visitors,
  PageVisitors: windows.page_visitors,
  Conversion: windows.conversion,
  conversion_rate_sum: windows.conversion_rate_sum,
  conversion_rate_count: windows.conversion_rate_count,
  bounce_rate_sum: windows.bounce_rate_sum,
  bounce_rate_count: windows.bounce_rate_count,
} as const;

/** A rate whose sums the windows hold. */
export type WindowRate = RateDefinition<"Visitors" | "PageVisitors" | "Conversion"> & {
  readonly name: "conversion_rate" | "bounce_rate";
};

/** The column of the windows for a name in a rate's SQL. */
export function windowColumn(name: string): string {
  if (!(name in rateColumns)) throw new TypeError(`The windows have no column for ${name}.`);
  return renderSql(sql`${rateColumns[name as keyof typeof rateColumns]}`);
}
