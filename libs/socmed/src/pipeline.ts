import { count, definePipeline, mean, sum, tumbling } from "@tidemark/pipeline/definition";
import { socmedEvent } from "./event.js";
import { bounceRate, conversionRate } from "./rates.js";

const keys = ["Kota", "Sosial_Media"] as const;

const aggregates = {
  events: count(),
  usage_count: sum("Usage_Count"),
  sales: sum("Sales"),
  visitors: sum("Visitors"),
  page_visitors: sum("PageVisitors"),
  conversion: sum("Conversion"),
  conversion_rate: mean("conversion_rate"),
  bounce_rate: mean("bounce_rate"),
} as const;

/** The flagship: social media performance by city and platform, in windows of 5 s, a minute and an hour. */
export const socmed = definePipeline({
  name: "socmed",
  event: socmedEvent,
  id: "ID",
  time: { field: "Ts", unit: "s" },
  rates: [conversionRate, bounceRate],
  watermark: { delay: "5m", allowedLateness: "0s", maxFutureSkew: "1m" },
  rollups: [
    { name: "socmed_5s", window: tumbling("5s"), keys, aggregates },
    { name: "socmed_1m", window: tumbling("1m"), keys, aggregates },
    { name: "socmed_1h", window: tumbling("1h"), keys, aggregates },
  ],
  tables: { raw: "socmed_user_sales" },
});

/** Its definition as data. */
export const socmedData = socmed.data;
