import { pipelineHealth as health, pipelineProgress as progress } from "@tidemark/sinks/tables";
import { socmed1h, socmed1m, socmed5s, socmedData, socmedVerdicts1h, socmedVerdicts1m } from "@tidemark/socmed/tables";
import { and, eq, getTableName, max, min, sql, type Column, type SQL } from "drizzle-orm";
import { getViewConfig, PgDialect } from "drizzle-orm/pg-core";
import { z } from "zod";

/** The SQL of how far the tables have come, and the shape of the one row that answers it. Times are epoch ms, whole and rounded up. */

const epochMs = (time: SQL): SQL => sql`ceil(extract(epoch from ${time}) * 1000)::float8`;
const total = (column: Column): SQL => sql`sum(${column})::float8`;
const render = (query: SQL): string => new PgDialect().sqlToQuery(query.inlineParams()).sql;

const ms = z.number().nullable();

export const stateSchema = z.object({
  /** By Postgres's clock. */
  nowMs: z.number(),
  /** Another one after each commit. */
  version: z.string(),
  /** When Postgres took the newest checkpoint. */
  committedMs: ms,
  newestEventMs: ms,
  /** The lowest watermark of partitions that are not quiet (the highest one where all are), and the partitions that hold it. */
  watermarkMs: ms,
  heldBy: z.array(z.number()),
  ledger: z
    .object({
      read: z.number(),
      counted: z.number(),
      duplicate: z.number(),
      late: z.number(),
      quarantined: z.number(),
      rejected: z.number(),
      refused: z.number(),
    })
    .nullable(),
});

/** How far the tables have come. */
export type State = z.infer<typeof stateSchema>;

/** Before there are tables. */
export const emptyState = {
  version: "",
  committedMs: null,
  newestEventMs: null,
  watermarkMs: null,
  heldBy: [],
  ledger: null,
} satisfies Omit<State, "nowMs">;

const verdicts = sql.join(
  (["read", "counted", "duplicate", "late", "quarantined", "rejected", "refused"] as const).map(
    (name) => sql`${name}::text, ${total(health[name])}`,
  ),
  sql.raw(", "),
);

/** Other pipelines may read the same topic into the same database. */
const isOfFlagship = ({ pipeline, topic }: Readonly<Record<"pipeline" | "topic", Column>>, name: string) =>
  and(eq(pipeline, socmedData.name), eq(topic, name));

export const stateSql = (topic: string): string =>
  render(sql`select
  ${epochMs(sql`clock_timestamp()`)} as "nowMs",
  concat(sum(${health.nextOffset}), ' ', max(${health.updatedAt})) as "version",
  ${epochMs(sql`${max(health.updatedAt)}`)} as "committedMs",
  ${epochMs(sql`${max(health.maxEventTime)}`)} as "newestEventMs",
  ${epochMs(sql`coalesce(${min(health.watermark)} filter (where not ${health.quiet}), ${max(health.watermark)})`)} as "watermarkMs",
  coalesce(json_agg(${health.partition} order by ${health.partition}) filter (where ${health.holdsWatermark}), '[]') as "heldBy",
  case when count(*) > 0 then json_build_object(${verdicts}) end as "ledger"
from ${health}
where ${isOfFlagship(health, topic)}`);

export const extentSchema = z.object({
  /** The start of the topic's first window. */
  firstMs: ms,
  /** When a consumer was first heard of, by its clock. */
  observedMs: ms,
});

export const extentSql = (topic: string): string =>
  render(sql`select
  (select ${epochMs(sql`${min(socmed1m.window_start)}`)} from ${socmed1m} where ${eq(socmed1m.topic, topic)}) as "firstMs",
  (select ${epochMs(sql`${min(progress.at)}`)} from ${progress} where ${isOfFlagship(progress, topic)}) as "observedMs"`);

const relations = [
  ...[socmed5s, socmed1m, socmed1h, socmedVerdicts1m, socmedVerdicts1h].map(getTableName),
  ...[health, progress].map((view) => `${getViewConfig(view).schema}.${getViewConfig(view).name}`),
];

export const tablesSchema = z.object({ nowMs: z.number(), hasTables: z.boolean() });

/** Whether all that panels read is there. Asked in a way that leaves no error in Postgres's log. */
export const tablesSql: string = render(sql`select
  ${epochMs(sql`clock_timestamp()`)} as "nowMs",
  ${sql.join(
    relations.map((name) => sql`to_regclass(${name}) is not null`),
    sql.raw(" and "),
  )} as "hasTables"`);
