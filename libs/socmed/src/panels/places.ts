import { count, definePanel, isName, MOST, text } from "@tidemark/panels";
import { sql, type Column } from "drizzle-orm";
import { fromLastFiveMinutes, fromWindows, noEvents, windows } from "./windows.js";

export const topPlatform = definePanel({
  id: "platform-with-most-visitors",
  title: "Which platform has the highest number of visitors in 5 minutes",
  question: "Where are the visitors just now?",
  description:
    "The sum of the visitors in the last five minutes of the time range, of the platform that has most. Among equals the first by name.",
  show: { kind: "stat", value: "visitors", name: "platform" },
  columns: {
    platform: text("Platform", sql`${windows.Sosial_Media}`),
    visitors: count("Visitors", sql`sum(${windows.visitors})`),
  },
  from: sql`${fromLastFiveMinutes}
where ${isName(sql`${windows.Sosial_Media}`)}
group by ${windows.Sosial_Media}
order by sum(${windows.visitors}) desc, ${windows.Sosial_Media} collate "C"
limit 1`,
  variables: ["topic", "city", "platform"],
  noData: "No events in the last five minutes.",
});

/** FROM the sums of a counter by platform and city: the best city of each of the platforms that have most. */
const fromBestCities = (counter: Column) => sql`from (
  select platform, city, total from (
    select ${windows.Sosial_Media} as platform, ${windows.Kota} as city, sum(${counter}) as total,
      sum(sum(${counter})) over (partition by ${windows.Sosial_Media}) as of_platform,
      row_number() over (
        partition by ${windows.Sosial_Media} order by sum(${counter}) desc, ${windows.Kota} collate "C"
      ) as place
    ${fromWindows}
      and ${isName(sql`${windows.Kota}`)} and ${isName(sql`${windows.Sosial_Media}`)}
    group by 1, 2
  ) as cities
  where place = 1
  order by of_platform desc, platform collate "C"
  limit ${sql.raw(String(MOST.rows))}
) as best
order by platform collate "C"`;

const aboutPlatforms = (figure: string) => `Shown are the ${MOST.rows} platforms with most ${figure}.`;

export const cityWithMostUsers = definePanel({
  id: "city-with-most-users",
  title: "Which city has the highest number of users per platform",
  question: "In which city is a platform used most?",
  description: `Users are the sum of the usage counts. Among equals the first city by name. ${aboutPlatforms("users")}`,
  show: { kind: "table" },
  columns: {
    platform: text("Platform", sql`platform`),
    city: text("City", sql`city`),
    users: count("Users", sql`total`),
  },
  from: fromBestCities(windows.usage_count),
  variables: ["topic", "city", "platform"],
  noData: noEvents,
});

export const cityWithMostSales = definePanel({
  id: "city-with-most-sales",
  title: "Which city has the highest number of sales per platform",
  question: "In which city does a platform sell most?",
  description: `The sum of the sales. Among equals the first city by name. ${aboutPlatforms("sales")}`,
  show: { kind: "table" },
  columns: {
    platform: text("Platform", sql`platform`),
    city: text("City", sql`city`),
    sales: count("Sales", sql`total`),
  },
  from: fromBestCities(windows.sales),
  variables: ["topic", "city", "platform"],
  noData: noEvents,
});
