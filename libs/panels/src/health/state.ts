import { pipelineHealth as health } from "@tidemark/sinks/tables";
import { sql } from "drizzle-orm";
import { count, number, text, time } from "../column.js";
import { definePanel } from "../panel.js";
import { isPipeline } from "../pipeline.js";
import { isTopic } from "../variables.js";

/** `pipeline` is its name. */
export const createWatermarks = (pipeline: string) =>
  definePanel({
    id: "watermarks",
    title: "Watermark, and what holds it",
    question: "Up to when is the stream complete, and which partition is behind?",
    description:
      "A partition's windows close when its watermark, the newest event less the delay, passes their end. The lowest one holds " +
      "back the whole; a partition that gets no events keeps it where it is. With QUIET_AFTER, one that is fully read and quiet holds " +
      "back nothing.",
    show: { kind: "table" },
    columns: {
      partition: count("Partition", sql`${health.partition}`),
      watermark: time("Watermark", sql`${health.watermark}`),
      behind: number(
        "Behind the first",
        sql`extract(epoch from max(${health.watermark}) over () - ${health.watermark})`,
        {
          unit: "seconds",
          decimals: 0,
        },
      ),
      holds: text(
        "Holds it",
        sql`case when ${health.quiet} then 'quiet' when ${health.holdsWatermark} then 'holds it' else '' end`,
      ),
      newest: time("Newest event", sql`${health.maxEventTime}`),
      next_offset: count("Next offset", sql`${health.nextOffset}`),
      committed: time("Last checkpoint", sql`${health.updatedAt}`),
    },
    from: sql`from ${health}
where ${isPipeline(health.pipeline, pipeline)} and ${isTopic(health.topic)}
order by ${health.watermark} nulls first, ${health.partition}`,
    variables: ["topic"],
    noData: "No checkpoint has been written yet.",
  });

export const databaseSize = definePanel({
  id: "database-size",
  title: "Database size",
  question: "How much does all of it take up?",
  description: "The whole database on disk, whatever else it holds.",
  show: { kind: "stat", value: "size" },
  columns: { size: number("Size", sql`pg_database_size(current_database())`, { unit: "bytes", decimals: 1 }) },
  from: sql``,
  variables: [],
  noData: "Unknown.",
});
