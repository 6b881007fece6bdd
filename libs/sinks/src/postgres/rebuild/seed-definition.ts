import { getTableColumns } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { DatabaseError, escapeLiteral, type ClientBase } from "pg";
import { hashDefinition } from "../../definition.js";
import { refusedRebuild, SinkError } from "../../errors.js";
import { qualifiedName, quoteIdentifier } from "../../identifiers.js";
import { aggregateColumns } from "../../tables/aggregate-columns.js";
import type { PipelineData, RollupData } from "../../tables/pipeline-data.js";
import type { DerivedTables } from "../../tables/pipeline-tables.js";
import { checkpoints } from "../../tables/tidemark.js";
import { runSnapshotTransaction, withConnection } from "../connection.js";
import { migrate } from "../migrate.js";
import { NO_LIMITS } from "../session/settings.js";
import { isSeeded } from "./lost-partitions.js";
import { nextPipeline } from "./next-pipeline.js";
import { planRows } from "./plan-rows.js";
import { dropNext, type DefinitionOptions } from "./prepare-definition.js";
import { mergedSql } from "./seed-merged.js";
import { noteStatements } from "./seed-notes.js";
import { seedStatements, type SeedPlace } from "./seed-statements.js";

/** Tables are locked one by one: a transaction cannot make any number of days. */
const DAYS_AT_ONCE = 50;
const OUT_OF_RANGE = "22003";

export interface SeedOptions extends DefinitionOptions {
  /** The definition of the tables that are there. */
  readonly former: PipelineData;
  /** Whose log has lost records. */
  readonly partitions: readonly number[];
  /**
   * What the log still has of the records that these rows are of: asked before they are copied, within the transaction. Each sentence
   * that it resolves to refuses the rebuild.
   */
  readonly findOthers?: (read: readonly ReadOffsets[]) => Promise<readonly string[]>;
}

/** Offsets [from, to) of a partition. */
export interface ReadOffsets {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Fills the tables of the next pipeline from the rows of the former ones, up to the checkpoints that stand, in one transaction: of
 * the partitions whose log no longer has all records. What follows, and the other partitions, are read from the log. Where an earlier
 * call has done so, nothing happens.
 *
 * Rejects with SinkError `refused-rebuild` where the result would not be what the log gives, and as `migrate` does.
 */
export async function seedDefinition(options: SeedOptions): Promise<void> {
  const { databaseUrl, pipeline, former, signal } = options;
  const next = nextPipeline(pipeline);
  const connection = { timeoutMs: 0, signal };
  const prepare = async (client: ClientBase): Promise<boolean> => {
    if (await isSeeded(client, former, options)) return true;
    // The decisions that were copied stay.
    await dropNext(client, next.data, ["tables", "retention", "progress", "forgotten_ids", "merged_windows"]);
    return false;
  };
  if (await withConnection(databaseUrl, prepare, connection)) return;
  await migrate(next, databaseUrl);
  const seed = async (client: ClientBase): Promise<void> => {
    do await makeDays(client, former, next.tables.raw);
    while (!(await seedOnce(client, options)));
  };
  try {
    await withConnection(databaseUrl, seed, connection);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    await withConnection(databaseUrl, (client) => dropNext(client, next.data), connection);
    throw refusal;
  }
}

/** Undefined: another call may succeed. */
function refusalOf(error: unknown): SinkError | undefined {
  if (error instanceof SinkError && error.code === "refused-rebuild") return error;
  if (!(error instanceof DatabaseError) || error.code !== OUT_OF_RANGE) return undefined;
  return refusedRebuild([`A figure of the new tables lies outside of what Postgres can compute (${error.message}).`]);
}

/** One snapshot for the decision and for what is copied. Resolves to false where the rows have begun another day meanwhile. */
async function seedOnce(client: ClientBase, options: SeedOptions): Promise<boolean> {
  const { pipeline, former, topic, partitions } = options;
  const next = nextPipeline(pipeline);
  return runSnapshotTransaction(client, NO_LIMITS, async () => {
    if ((await findMissingDays(client, former, next.tables.raw)).length > 0) return false;
    const { reasons, fromMs } = await planRows(client, former, pipeline.data, options);
    const others = reasons.length > 0 ? [] : await options.findOthers?.(await findRead(client, options));
    const problems = [...reasons, ...(others ?? [])];
    if (problems.length > 0) throw refusedRebuild(problems);
    const place = { topic, partitions, fromMs };
    const statements = [
      ...seedStatements(former, pipeline.data, next.tables, place),
      ...noteStatements(former, pipeline.data, next.data.name, place),
      ...mergedSql(former, pipeline.data, { next: next.data.name, topic, tables: next.tables }),
      checkpointSql(former, next.data, `${options.group}.next`, place),
    ];
    for (const statement of statements) await client.query(statement);
    const sums = await findLargeSums(client, pipeline.data.rollups, next.tables);
    if (sums.length > 0) throw refusedRebuild(sums);
    return true;
  });
}

/** The pipeline ends where a sum of integers is not exact as a number of JavaScript's. */
async function findLargeSums(
  client: ClientBase,
  rollups: readonly RollupData[],
  tables: DerivedTables,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { name, aggregates } of rollups) {
    const sums = aggregateColumns(aggregates).filter(({ type, combine }) => type === "bigint" && combine === "sum");
    for (const { name: column } of sums) {
      const { rowCount } = await client.query(
        `SELECT FROM ${qualifiedName(tables.rollups[name] as PgTable)}
         WHERE abs(${quoteIdentifier(column)}) > ${Number.MAX_SAFE_INTEGER} LIMIT 1`,
      );
      if (rowCount !== 0) problems.push(`${name}.${column} would hold a sum beyond 2^53, which the pipeline refuses.`);
    }
  }
  return problems;
}

/** What the log still has of the records whose rows are copied. */
async function findRead(client: ClientBase, { former, topic, partitions, log }: SeedOptions) {
  const { rows } = await client.query<{ partition: number; to: number }>(
    `SELECT partition, next_offset AS to FROM tidemark.checkpoints WHERE pipeline = $1 AND topic = $2 AND partition = ANY ($3::int[])`,
    [former.name, topic, partitions],
  );
  return rows.map(({ partition, to }) => ({
    partition,
    from: log.find((one) => one.partition === partition)?.start ?? to,
    to,
  }));
}

/** The days that a table has partitions for. */
const daysSql = (
  table: string,
) => `SELECT substring(pg_get_expr(relpartbound, inhrelid) FROM 'FROM \\(''([^'']+)''\\)')::timestamptz AS day
  FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = ${escapeLiteral(table)}::regclass`;

/** Days of the raw table's rows that the new one has no partition for. Empty where it has none at all. */
async function findMissingDays(
  client: ClientBase,
  { tables, time: { field } }: PipelineData,
  raw: PgTable,
): Promise<readonly string[]> {
  const { rows: partitioned } = await client.query(
    `SELECT FROM pg_partitioned_table WHERE partrelid = ${escapeLiteral(qualifiedName(raw))}::regclass`,
  );
  if (partitioned.length === 0) return [];
  const from = `${quoteIdentifier(tables.schema)}.${quoteIdentifier(tables.raw)}`;
  const time = quoteIdentifier(tables.columns[field]?.name ?? field);
  const source =
    tables.partitionBy === "day" ? daysSql(from) : `SELECT DISTINCT date_trunc('day', ${time}, 'UTC') FROM ${from}`;
  const { rows } = await client.query<{ day: string }>(
    `SELECT (day AT TIME ZONE 'UTC')::date::text AS day FROM (${source} EXCEPT ${daysSql(qualifiedName(raw))}) AS missing (day) ORDER BY 1`,
  );
  return rows.map(({ day }) => day);
}

async function makeDays(client: ClientBase, former: PipelineData, raw: PgTable): Promise<void> {
  const missing = await findMissingDays(client, former, raw);
  for (let from = 0; from < missing.length; from += DAYS_AT_ONCE)
    await client.query("SELECT tidemark.make_day($1::regclass, day) FROM unnest($2::date[]) AS day", [
      qualifiedName(raw),
      missing.slice(from, from + DAYS_AT_ONCE),
    ]);
}

/** Everything of a checkpoint is as it stands, but its watermark, which follows the delay. */
function checkpointSql(former: PipelineData, next: PipelineData, group: string, place: SeedPlace): string {
  const laterMs = next.watermarkDelayMs - former.watermarkDelayMs;
  const changed: Readonly<Record<string, string>> = {
    pipeline: escapeLiteral(next.name),
    group: escapeLiteral(group),
    definitionHash: escapeLiteral(hashDefinition(next)),
    owner: "''",
    watermark: `watermark - ${laterMs} * interval '1 millisecond'`,
  };
  const columns = Object.entries(getTableColumns(checkpoints));
  const values = columns.map(([property, column]) => changed[property] ?? quoteIdentifier(column.name));
  return `INSERT INTO tidemark.checkpoints (${columns.map(([, column]) => quoteIdentifier(column.name)).join(", ")})
    SELECT ${values.join(", ")} FROM tidemark.checkpoints WHERE pipeline = ${escapeLiteral(former.name)}
    AND topic = ${escapeLiteral(place.topic)} AND partition = ANY ('{${place.partitions.join(",")}}'::int[])`;
}
