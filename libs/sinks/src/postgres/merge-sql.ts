import type { PgTable } from "drizzle-orm/pg-core";
import { getTableName } from "drizzle-orm";
import { escapeLiteral } from "pg";
import { hashDefinition } from "../definition.js";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import { sinkTables, type SinkPipeline } from "../sink-pipeline.js";
import { aggregateColumns, type AggregateColumn } from "../tables/aggregate-columns.js";
import { MERGED_PARTITION, mergedSinceSizeMs } from "../tables/merged-partition.js";
import type { RollupData } from "../tables/pipeline-data.js";
import { MERGE_LOCK } from "./advisory-locks.js";
import { columnsOf } from "./upsert.js";

/** Merges the oldest closed windows of one rollup: one statement, which gives one row (`MergeOutcome`). */
export interface MergeStatement {
  readonly rollup: string;
  readonly text: string;
}

export interface MergeOutcome {
  /** Rows that were taken away, and rows that took their place. */
  readonly parts: number;
  readonly rows: number;
  /** Whether the statement has to be run again, for later windows. */
  readonly has_more: boolean;
}

const interval = (ms: number) => `(${ms} * interval '1 millisecond')`;

/** Waits for another merger, or a rebuild, of the pipeline's topic. A statement behind it sees what that one has committed. */
export function lockMerging(pipeline: string, topic: string): string {
  return `SELECT pg_advisory_xact_lock(${MERGE_LOCK}, hashtext(${escapeLiteral(`${pipeline} ${topic}`)}))`;
}

/**
 * One statement for each rollup. `most`: about how many rows of partitions one of them looks at; all rows of one window start
 * are looked at together.
 */
export function mergeStatements(pipeline: SinkPipeline, topic: string, most: number): readonly MergeStatement[] {
  const { rollups } = sinkTables(pipeline);
  const coarsestMs = mergedSinceSizeMs(rollups.map(({ definition }) => definition));
  return rollups.map(({ definition, table }) => ({
    rollup: definition.name,
    text: mergeStatement({ pipeline, topic, most, coarsestMs }, definition, table),
  }));
}

interface MergeContext {
  readonly pipeline: SinkPipeline;
  readonly topic: string;
  readonly most: number;
  readonly coarsestMs: number;
}

/**
 * A window is merged once it is closed: by the watermark of every partition of the topic, or by the time up to which quiet
 * partitions were passed over. Until then, and while a partition that was passed over can still change its own row of the
 * window, all rows stay as they are, since a claim reads them back. A window that one partition alone has a row of stays too.
 *
 * Sums of doubles are added up in the order of partitions. Each partition from 0 to the highest has to be known for that, so
 * that those which come later follow all that were merged, and the merged row is the first of all rows in this order.
 */
function mergeStatement(
  { pipeline, topic, most, coarsestMs }: MergeContext,
  definition: RollupData,
  table: PgTable,
): string {
  const { name, allowedLatenessMs } = pipeline.data;
  const named = columnsOf(table, `Rollup ${definition.name}`);
  const [topicColumn, partition, start] = ["topic", "partition", "window_start"].map((one) => named(one).name);
  const keys = [start, ...definition.keys.map((key) => named(key).name)].join(", ");
  const figures = aggregateColumns(definition.aggregates);
  const events = Object.entries(definition.aggregates).find(([, { kind }]) => kind === "count")?.[0];
  const own = [name, topic].map(escapeLiteral).join(", ");
  const rollup = qualifiedName(table);
  const openFor = interval(definition.window.sizeMs + allowedLatenessMs);
  const isOfTopic = `r.${topicColumn} = ${escapeLiteral(topic)}`;
  const coarse = `date_bin(${interval(coarsestMs)}, ${start}, timestamptz 'epoch')`;
  const perKey = `OVER (PARTITION BY ${keys
    .split(", ")
    .map((key) => `r.${key}`)
    .join(", ")})`;

  return `WITH bound AS MATERIALIZED (
      SELECT greatest(CASE WHEN bool_and(watermark IS NOT NULL) THEN min(watermark) END,
        (SELECT k.closed_to FROM tidemark.closed_windows k WHERE (k.pipeline, k.topic) = (${own}))) AS closed_to
      FROM tidemark.checkpoints WHERE (pipeline, topic) = (${own})
      HAVING count(*) > 1 AND count(*) = max(partition) + 1 AND bool_and(definition_hash = ${escapeLiteral(hashDefinition(pipeline.data))})),
    reach AS MATERIALIZED (
      SELECT c.partition, coalesce(m.merged_to, '-infinity') AS merged_to, least(b.closed_to, c.watermark) AS closed_to
      FROM bound b JOIN tidemark.checkpoints c ON (c.pipeline, c.topic) = (${own}) AND c.watermark IS NOT NULL
      LEFT JOIN tidemark.merged_windows m
        ON (m.pipeline, m.topic, m.rollup) = (${own}, ${escapeLiteral(getTableName(table))}) AND m.partition = c.partition
      WHERE b.closed_to IS NOT NULL),
    found AS MATERIALIZED (
      SELECT closed.window_start FROM reach p CROSS JOIN LATERAL (
        SELECT r.${start} AS window_start FROM ${rollup} r WHERE ${isOfTopic} AND r.${partition} = p.partition
          AND r.${start} > p.merged_to - ${openFor} AND r.${start} <= p.closed_to - ${openFor}
        ORDER BY r.${start} LIMIT ${most}) AS closed
      WHERE p.merged_to < p.closed_to),
    last AS MATERIALIZED (SELECT window_start FROM found ORDER BY window_start OFFSET ${most - 1} LIMIT 1),
    starts AS MATERIALIZED (
      SELECT DISTINCT window_start FROM found WHERE window_start <= coalesce((SELECT window_start FROM last), 'infinity')),
    gone AS (
      DELETE FROM ${rollup} t USING (
        SELECT r.ctid AS place, count(*) ${perKey} AS parts,
          bool_and(r.${partition} = ${MERGED_PARTITION} OR coalesce(r.${start} <= p.closed_to - ${openFor}, false)) ${perKey} AS are_closed
        FROM starts s JOIN ${rollup} r ON r.${start} = s.window_start AND ${isOfTopic}
          LEFT JOIN reach p ON p.partition = r.${partition}) AS part
      WHERE part.parts > 1 AND part.are_closed AND t.ctid = part.place RETURNING t.*),
    merged AS (
      INSERT INTO ${rollup} (${topicColumn}, ${partition}, ${keys}, ${figures.map((figure) => quoteIdentifier(figure.name)).join(", ")})
      SELECT ${escapeLiteral(topic)}, ${MERGED_PARTITION}, ${keys}, ${figures.map((figure) => combine(figure, partition ?? "")).join(", ")}
      FROM gone GROUP BY ${keys} RETURNING 1),
    counted AS (
      SELECT ${partition} AS partition, ${coarse} AS since, sum(${events === undefined ? "0" : quoteIdentifier(events)})::int8 AS events
      FROM gone WHERE ${partition} <> ${MERGED_PARTITION} GROUP BY 1, 2),
    sums AS (
      SELECT partition, sum(events)::int8 AS events, max(since) AS since, (array_agg(events ORDER BY since DESC))[1] AS events_since
      FROM counted GROUP BY partition),
    note AS (
      INSERT INTO tidemark.merged_windows AS m (pipeline, topic, rollup, partition, merged_to, events, since, events_since)
      SELECT ${own}, ${escapeLiteral(getTableName(table))}, p.partition,
        least(p.closed_to, (SELECT window_start + ${openFor} FROM last)), coalesce(s.events, 0), s.since, coalesce(s.events_since, 0)
      FROM reach p LEFT JOIN sums s ON s.partition = p.partition
      WHERE s.partition IS NOT NULL OR p.merged_to < least(p.closed_to, (SELECT window_start + ${openFor} FROM last))
      ON CONFLICT (pipeline, topic, rollup, partition) DO UPDATE SET
        merged_to = greatest(m.merged_to, excluded.merged_to), events = m.events + excluded.events,
        since = greatest(m.since, excluded.since), events_since = CASE
          WHEN m.since = excluded.since THEN m.events_since + excluded.events_since
          WHEN m.since > excluded.since OR excluded.since IS NULL THEN m.events_since
          ELSE excluded.events_since END)
    SELECT (SELECT count(*) FROM gone)::int4 AS parts, (SELECT count(*) FROM merged)::int4 AS rows,
      EXISTS (SELECT FROM last) AS has_more`;
}

/** The SQL of a figure over rows of several partitions; also in the view over all partitions, so that both have the same bits. */
export function combine({ name, type, combine: how }: AggregateColumn, partition: string, row?: string): string {
  const column = `${row === undefined ? "" : `${row}.`}${quoteIdentifier(name)}`;
  // A sum of bigint is numeric. The sum of doubles depends on their order.
  if (type === "bigint") return `${how}(${column})::int8`;
  return how === "sum"
    ? `sum(${column} ORDER BY ${row === undefined ? "" : `${row}.`}${partition})`
    : `${how}(${column})`;
}
