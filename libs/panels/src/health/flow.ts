import { pipelineProgress as progress } from "@tidemark/sinks/tables";
import { sql, type SQL } from "drizzle-orm";
import { count, number, text, time, type Threshold } from "../column.js";
import { timeFilter, timeTo } from "../macros.js";
import { definePanel } from "../panel.js";
import { isPipeline } from "../pipeline.js";
import { pointOf, pointsOf, wholeOf } from "../resolution.js";
import { isTopic } from "../variables.js";

/**
 * Consumers write an observation every 10 s, give or take. Points are as wide as three of them, so that none lacks a consumer's
 * that came a little later than the one before.
 */
const grainMs = 30_000;

const pointWidth = wholeOf(sql.raw(`${grainMs / 1000}`));

/** Between the first and the last one that something was observed in, so that a gap is seen as one. */
const points = pointsOf("seen", pointWidth);

const noObservations = "No consumer has told how it gets on in this time range.";

const byClock = "As the consumers observe it every 10 s, by Postgres's clock.";

/** What consumers observed of one pipeline and of the topic chosen. */
export interface ObservationSource {
  /** Whether an observation is one of them, at whatever time. */
  readonly isSeen: SQL;
  /** FROM those that lie within the time range. */
  readonly fromSeen: SQL;
}

/** `pipeline` is its name. */
export function createObservationSource(pipeline: string): ObservationSource {
  const isSeen = sql`${isPipeline(progress.pipeline, pipeline)} and ${isTopic(progress.topic)}`;
  return {
    isSeen,
    fromSeen: sql`from ${progress}
  where ${isSeen} and ${timeFilter(progress.at)}`,
  };
}

export const createRowsPerSecond = ({ fromSeen }: ObservationSource) =>
  definePanel({
    id: "rows-per-second",
    title: "Rows per second",
    question: "How fast does the pipeline work?",
    description: `Records that became part of the tables, per second and over all partitions. ${byClock}`,
    show: { kind: "time-series", value: "rate", style: "line" },
    columns: {
      time: time("Time", sql`point`),
      metric: text("Series", sql`'records'::text`),
      rate: number("Records per second", sql`sum(rate)`, { unit: "per-second", decimals: 1 }),
    },
    with: sql`with seen as (
  select ${pointOf(progress.at, pointWidth)} as point, sum(${progress.records}) / nullif(sum(${progress.seconds}), 0) as rate
  ${fromSeen}
  group by 1, ${progress.partition}
), ${points}`,
    from: sql`from points left join seen using (point)
group by point
order by point`,
    variables: ["topic"],
    minIntervalMs: grainMs,
    noData: noObservations,
  });

const lagThresholds: readonly Threshold[] = [
  { from: null, level: "good" },
  { from: 10_000, level: "warning" },
  { from: 1_000_000, level: "bad" },
];

export const createLagNow = ({ isSeen }: ObservationSource) =>
  definePanel({
    id: "lag-now",
    title: "Lag",
    question: "How much is in Kafka that is not in the tables yet?",
    description: `Records behind the committed offsets, over all partitions, as last heard of within the last minute of the time range. ${byClock}`,
    show: { kind: "stat", value: "lag" },
    columns: { lag: count("Records", sql`sum(lag)`, lagThresholds) },
    from: sql`from (
  select distinct on (${progress.partition}) ${progress.lag} as lag
  from ${progress}
  where ${isSeen}
    and ${progress.at} > ${timeTo()} - interval '1 minute' and ${progress.at} <= ${timeTo()}
  order by ${progress.partition}, ${progress.at} desc, ${progress.lag} desc
) as latest
having count(*) > 0`,
    variables: ["topic"],
    noData: noObservations,
  });

export const createLagOverTime = ({ fromSeen }: ObservationSource) =>
  definePanel({
    id: "lag-over-time",
    title: "Lag over time",
    question: "Does the pipeline keep up?",
    description: `The most records behind the committed offset of each partition within a point in time, over all partitions. ${byClock}`,
    show: { kind: "time-series", value: "lag", style: "line" },
    columns: {
      time: time("Time", sql`point`),
      metric: text("Series", sql`'lag'::text`),
      lag: count("Records", sql`sum(lag)`),
    },
    with: sql`with seen as (
  select ${pointOf(progress.at, pointWidth)} as point, max(${progress.lag}) as lag
  ${fromSeen}
  group by 1, ${progress.partition}
), ${points}`,
    from: sql`from points left join seen using (point)
group by point
order by point`,
    variables: ["topic"],
    minIntervalMs: grainMs,
    noData: noObservations,
  });

export const createCheckpointTime = ({ fromSeen }: ObservationSource) =>
  definePanel({
    id: "checkpoint-time",
    title: "Checkpoint time",
    question: "How long does Postgres take for a checkpoint?",
    description: `From the begin of a checkpoint's transaction to its answer, retries included. ${byClock}`,
    show: { kind: "time-series", value: "duration", style: "line" },
    columns: {
      time: time("Time", sql`point`),
      metric: text("Series", sql`series.name`),
      duration: number("Duration", sql`series.duration`, { unit: "milliseconds", decimals: 1 }),
    },
    with: sql`with seen as (
  select ${pointOf(progress.at, pointWidth)} as point,
    sum(${progress.checkpoint_ms_sum}) / sum(${progress.checkpoints}) as mean, max(${progress.checkpoint_ms_max}) as longest
  ${fromSeen}
    and ${progress.checkpoints} > 0
  group by 1
), ${points}`,
    from: sql`from points left join seen using (point)
cross join lateral (values ('longest', longest), ('mean', mean)) as series (name, duration)
order by point, series.name`,
    variables: ["topic"],
    minIntervalMs: grainMs,
    noData: noObservations,
  });
