import { meanSql, pooledSql, rateCountColumn, wilsonSql } from "@tidemark/metrics";
import { count, definePanel, MOST, OTHER_NAME, percent, text, type Threshold } from "@tidemark/panels";
import { sql } from "drizzle-orm";
import { bounceRate, conversionRate } from "../rates.js";
import { fromMostVisited, noEvents, windowColumn, windows, withMostVisited, type WindowRate } from "./windows.js";

const raw = (expression: string) => sql.raw(expression);

/** Columns that say what a rate is, and how far it can be trusted. */
function rateColumns(rate: WindowRate, thresholds: readonly Threshold[]) {
  return {
    mean: percent("Avg. per event", raw(meanSql(rate, windowColumn)), thresholds),
    pooled: percent("Pooled", raw(pooledSql(rate, windowColumn)), thresholds),
    low: percent("95 % from", raw(wilsonSql(rate, windowColumn, "low"))),
    high: percent("to", raw(wilsonSql(rate, windowColumn, "high"))),
    events: count("Events", raw(`sum(${windowColumn(rateCountColumn(rate))})`)),
  };
}

const aboutBothMeans =
  "Avg. per event is the mean of the events' own rates: every event weighs the same. Pooled is the ratio of the sums: every " +
  "visitor weighs the same; take this one for decisions. The 95 % range is Wilson's interval of the pooled rate. Events " +
  "without visitors have no rate; they are in neither the mean nor the count.";

/** From here on a conversion rate is good, below it is to be watched, or bad. In percent. */
const conversionThresholds: readonly Threshold[] = [
  { from: null, level: "bad" },
  { from: 30, level: "warning" },
  { from: 40, level: "good" },
];

/** The lower the better. In percent. */
const bounceThresholds: readonly Threshold[] = [
  { from: null, level: "good" },
  { from: 25, level: "warning" },
  { from: 40, level: "bad" },
];

/** Of tables by platform. */
const byPlatform = {
  with: withMostVisited({ platform: MOST.rows }),
  from: fromMostVisited(["platform"]),
};

const aboutPlatforms = `Shown are the ${MOST.rows} platforms with most visitors; all further ones are one row, ${OTHER_NAME}.`;

export const averageConversionRate = definePanel({
  id: "average-conversion-rate",
  title: "Average conversion rate per platform",
  question: "How many of a platform's visitors convert?",
  description: `Conversions of 100 visitors. ${aboutBothMeans} ${aboutPlatforms}`,
  show: { kind: "table" },
  columns: {
    platform: text("Platform", sql`${windows.Sosial_Media}`),
    ...rateColumns(conversionRate, conversionThresholds),
  },
  ...byPlatform,
  variables: ["topic", "city", "platform"],
  noData: noEvents,
});

export const averageBounceRate = definePanel({
  id: "average-bounce-rate",
  title: "Average bounce rate per platform",
  question: "How many of a platform's visitors leave after one page?",
  description: `Page visitors (who left after one page) of 100 visitors. ${aboutBothMeans} ${aboutPlatforms}`,
  show: { kind: "table" },
  columns: { platform: text("Platform", sql`${windows.Sosial_Media}`), ...rateColumns(bounceRate, bounceThresholds) },
  ...byPlatform,
  variables: ["topic", "city", "platform"],
  noData: noEvents,
});

export const conversionByCity = definePanel({
  id: "conversion-by-city-and-platform",
  title: "Conversion by city and platform",
  question: "Where does which platform convert best?",
  description:
    `Conversions of 100 visitors. ${aboutBothMeans} Shown are the ${MOST.rows} cities and the ${MOST.series} platforms with most ` +
    `visitors; all further ones are one city and one platform, ${OTHER_NAME}.`,
  show: { kind: "table" },
  columns: {
    city: text("City", sql`${windows.Kota}`),
    platform: text("Platform", sql`${windows.Sosial_Media}`),
    ...rateColumns(conversionRate, conversionThresholds),
  },
  with: withMostVisited({ city: MOST.rows, platform: MOST.series }),
  from: fromMostVisited(["city", "platform"]),
  variables: ["topic", "city", "platform"],
  noData: noEvents,
});
