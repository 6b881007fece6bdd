import { escapeLiteral, type ClientBase } from "pg";
import { hashDefinition } from "../../definition.js";
import { refusedIdentity, refusedRebuild } from "../../errors.js";
import { quoteIdentifier } from "../../identifiers.js";
import type { PipelineData } from "../../tables/pipeline-data.js";
import type { SinkIdentity } from "../claim.js";
import { runAtOnce, runSnapshotTransaction, runTransaction, withConnection } from "../connection.js";
import { pipelineRelations } from "../pipeline-ddl.js";
import { NO_LIMITS } from "../session/settings.js";
import { findLosses, findOtherLogs, type StoredRow } from "./find-losses.js";
import { findMissingCopyLocks, findObstacles, findOwned } from "./find-obstacles.js";
import { findLostPartitions, isSeeded } from "./lost-partitions.js";
import { formerSchema, nextPipeline, type DerivedPipeline } from "./next-pipeline.js";
import { planRows, type RowChoices } from "./plan-rows.js";
import type { LogOfPartition } from "./reset-partitions.js";
import { hasMergedWindows } from "./seed-merged.js";

export interface DefinitionOptions extends Omit<SinkIdentity, "pipeline">, RowChoices {
  readonly databaseUrl: string;
  readonly pipeline: DerivedPipeline;
  /** What the log of each partition holds now. */
  readonly log: readonly LogOfPartition[];
  readonly signal?: AbortSignal;
}

interface StoredCheckpoint extends StoredRow {
  readonly topic: string;
  readonly group_name: string;
  readonly cluster_id: string;
  readonly definition_hash: string;
}

/** Partitions of former tables that are dropped in one transaction. */
const DROPPED_AT_ONCE = 50;

/**
 * What tables of another definition are made of. `log`: of the log alone. `rows`: of the rows of the former tables for the partitions that
 * are named, whose log has lost records (`seedDefinition`), and then of the log. `nothing`: the tables have this definition already.
 */
export type DefinitionSource =
  | { readonly type: "nothing" | "log" }
  | { readonly type: "rows"; readonly former: PipelineData; readonly partitions: readonly number[] };

/**
 * Makes ready for tables of another definition beside those that are there. Of an earlier try with the same definition all is
 * kept, of one with another definition nothing.
 *
 * Rejects with SinkError `refused-rebuild`, naming each thing that stands in the way, `refused-group` and `refused-cluster`.
 */
export async function prepareDefinition(options: DefinitionOptions): Promise<DefinitionSource> {
  const { databaseUrl, signal } = options;
  await dropFormer(options);
  const prepare = (client: ClientBase) => prepareOn(client, options);
  const source = await withConnection(databaseUrl, prepare, { timeoutMs: 0, signal });
  if (source.type === "nothing") await abandonDefinition(options);
  return source;
}

async function prepareOn(client: ClientBase, options: DefinitionOptions): Promise<DefinitionSource> {
  const { pipeline } = options;
  const { source, isNew } = await runSnapshotTransaction(client, NO_LIMITS, async () => {
    const stored = await readStored(client, pipeline.data.name);
    const hash = hashDefinition(pipeline.data);
    if (stored.length > 0 && stored.every((one) => one.definition_hash === hash))
      return { source: { type: "nothing" } as const, isNew: false };
    refuseOtherIdentity(stored, options);
    const former = await readFormer(client, stored);
    const problems = [
      ...(await findMisfits(client, stored, former, options)),
      ...(await findObstacles(client, await findOwned(client, pipeline.data.name))),
    ];
    if (problems.length > 0 || former === undefined) throw refusedRebuild(problems);
    const isOld = await isBegun(client, options);
    return { source: await findSource(client, stored, former, options, isOld), isNew: !isOld };
  });
  if (isNew) await begin(client, options);
  return source;
}

/** Throws SinkError `refused-rebuild` where the log has lost records that the rows do not tell. */
async function findSource(
  client: ClientBase,
  all: readonly StoredCheckpoint[],
  former: PipelineData,
  options: DefinitionOptions,
  isOld: boolean,
): Promise<DefinitionSource> {
  const { pipeline, topic, log } = options;
  const stored = all.filter((one) => one.topic === topic);
  const partitions = findLostPartitions(stored, log, former, await hasMergedWindows(client, former, topic));
  if (partitions.length === 0) return { type: "log" };
  const source = { type: "rows", former, partitions } as const;
  const unread = findUnread(stored, options);
  if (unread.length > 0) throw refusedRebuild(unread);
  // What the former tables got since is read from the log.
  if (isOld && (await isSeeded(client, former, { ...options, partitions }))) return source;
  const locks = await findMissingCopyLocks(client, await findOwned(client, former.name));
  const plan = await planRows(client, former, pipeline.data, { ...options, partitions });
  const reasons = [...locks, ...plan.reasons];
  if (reasons.length === 0) return source;
  const losses = await findLosses(client, stored, { topic, log, tables: recordTables(former) });
  throw refusedRebuild([...losses, ...reasons]);
}

/** Rows end where the log is read on. */
function findUnread(stored: readonly StoredCheckpoint[], { topic, log }: DefinitionOptions): string[] {
  return stored.flatMap(({ partition, next_offset: next }) => {
    const start = log.find((one) => one.partition === partition)?.start ?? 0;
    if (start <= next) return [];
    return [
      `The log of ${topic}[${partition}] begins at offset ${start}, and was read up to ${next}: let the consumer of the former definition go on behind that first (--accept-loss).`,
    ];
  });
}

async function readFormer(client: ClientBase, stored: readonly StoredCheckpoint[]): Promise<PipelineData | undefined> {
  const { rows } = await client.query<{ definition: PipelineData }>(
    "SELECT definition FROM tidemark.definitions WHERE hash = $1",
    [stored[0]?.definition_hash],
  );
  return rows[0]?.definition;
}

async function readStored(client: ClientBase, pipeline: string): Promise<readonly StoredCheckpoint[]> {
  const { rows } = await client.query<StoredCheckpoint>(
    `SELECT topic, partition, start_offset, next_offset, group_name, cluster_id, definition_hash
     FROM tidemark.checkpoints WHERE pipeline = $1 ORDER BY topic, partition`,
    [pipeline],
  );
  return rows;
}

function refuseOtherIdentity(
  stored: readonly StoredCheckpoint[],
  { topic, group, clusterId, pipeline }: DefinitionOptions,
): void {
  const place = { pipeline: pipeline.data.name, topic };
  for (const one of stored.filter((row) => row.topic === topic)) {
    if (one.cluster_id !== clusterId) throw refusedIdentity("cluster", place, one.cluster_id, clusterId);
    if (one.group_name !== group) throw refusedIdentity("group", place, one.group_name, group);
  }
}

async function findMisfits(
  client: ClientBase,
  stored: readonly StoredCheckpoint[],
  former: PipelineData | undefined,
  options: DefinitionOptions,
): Promise<string[]> {
  const { topic, pipeline, log } = options;
  const { data } = pipeline;
  if (stored.length === 0) return [`Pipeline ${data.name} has read nothing yet: there is nothing to rebuild.`];
  const own = new Set([...(former?.tables.own ?? []), ...data.tables.own]);
  const others = new Set(stored.filter((one) => one.topic !== topic).map((one) => one.topic));
  const gone = stored.filter((one) => one.topic === topic && !log.some(({ partition }) => partition === one.partition));
  const isMoved = former !== undefined && former.tables.schema !== data.tables.schema;
  return [
    ...[...own].map((which) => `The table of ${which} rows is your own, and is not made anew.`),
    ...[...others].map(
      (other) => `The pipeline's tables hold the topic ${other} too, and one topic is read at a time.`,
    ),
    ...gone.map(({ partition }) => `The topic ${topic} has no partition ${partition} any more.`),
    ...(isMoved
      ? [`The schema changes from ${former.tables.schema} to ${data.tables.schema}: rights on it would not.`]
      : []),
    ...(await findTaken(client, pipeline)),
    ...findOtherLogs(
      stored.filter((one) => one.topic === topic),
      { topic, log },
    ),
  ];
}

function recordTables({ tables: { schema, raw, late, rejected } }: PipelineData) {
  return [raw, late, rejected].map((name) => ({
    name,
    sql: `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
    isOfPlace: "topic = $1 AND partition = ANY ($2::int[])",
    offset: '"offset"',
  }));
}

/** Names that the new tables need, and others have. */
async function findTaken(client: ClientBase, { data, tables }: DerivedPipeline): Promise<string[]> {
  const relations = pipelineRelations({ data, tables });
  const names = relations.flatMap(({ name, indexes }) => [name, ...indexes]);
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_index ON indexrelid = c.oid LEFT JOIN pg_class t ON t.oid = indrelid
     WHERE n.nspname = $1 AND c.relname = ANY ($2) AND NOT EXISTS (
       SELECT FROM tidemark.tables WHERE schema_name = $1 AND table_name = coalesce(t.relname, c.relname) AND pipeline = $3)`,
    [data.tables.schema, names, data.name],
  );
  return rows.map(({ name }) => `The name ${data.tables.schema}.${name} is taken: give the pipeline's another one.`);
}

/** Whether an earlier try with the same definition and the same stored decisions is there. */
async function isBegun(client: ClientBase, { pipeline }: DefinitionOptions): Promise<boolean> {
  const next = nextPipeline(pipeline).data;
  const { rows } = await client.query<{ hash: string }>(
    `SELECT definition_hash AS hash FROM tidemark.tables WHERE pipeline = $1
     UNION SELECT definition_hash FROM tidemark.checkpoints WHERE pipeline = $1`,
    [next.name],
  );
  const decisions = `SELECT topic, partition, "offset" FROM tidemark.exclusions WHERE pipeline =`;
  const { rowCount: changed } = await client.query(
    `(${decisions} $1 EXCEPT ${decisions} $2) UNION ALL (${decisions} $2 EXCEPT ${decisions} $1)`,
    [next.name, pipeline.data.name],
  );
  return rows.length > 0 && rows.every(({ hash }) => hash === hashDefinition(next)) && changed === 0;
}

/** Leaves nothing of an earlier try, and copies the stored decisions. */
async function begin(client: ClientBase, { pipeline }: DefinitionOptions): Promise<void> {
  const next = nextPipeline(pipeline).data;
  await dropNext(client, next);
  await runAtOnce(
    client,
    NO_LIMITS,
    `INSERT INTO tidemark.exclusions (pipeline, topic, partition, "offset")
     SELECT ${escapeLiteral(next.name)}, topic, partition, "offset" FROM tidemark.exclusions
     WHERE pipeline = ${escapeLiteral(pipeline.data.name)}`,
  );
}

/** Drops the tables that were begun for another definition, and leaves those in use as they are. */
export async function abandonDefinition({
  databaseUrl,
  pipeline,
  signal,
}: Pick<DefinitionOptions, "databaseUrl" | "pipeline" | "signal">): Promise<void> {
  await withConnection(databaseUrl, (client) => dropNext(client, nextPipeline(pipeline).data), {
    timeoutMs: 0,
    signal,
  });
}

const NOTES = [
  "tables",
  "exclusions",
  "retention",
  "progress",
  "quiet_partitions",
  "closed_windows",
  "forgotten_ids",
  "merged_windows",
];

/** Drops the tables of the next pipeline, and what these tables of the schema `tidemark` have of it. */
export async function dropNext(client: ClientBase, { name, tables }: PipelineData, notes = NOTES): Promise<void> {
  const deleteFrom = (table: string) => `DELETE FROM tidemark.${table} WHERE pipeline = ${escapeLiteral(name)}`;
  await runAtOnce(client, NO_LIMITS, deleteFrom("checkpoints"));
  await dropSchema(client, tables.schema);
  await runAtOnce(client, NO_LIMITS, notes.map(deleteFrom).join("; "));
}

/** Drops the tables that a switch has put aside, some partitions at a time. May be called again, and where there are none. */
export async function dropFormer({
  databaseUrl,
  pipeline,
  signal,
}: Pick<DefinitionOptions, "databaseUrl" | "pipeline" | "signal">): Promise<void> {
  await withConnection(databaseUrl, (client) => dropSchema(client, formerSchema(pipeline.data)), {
    timeoutMs: 0,
    signal,
  });
}

async function dropSchema(client: ClientBase, schema: string): Promise<void> {
  const dropSome = async (): Promise<boolean> => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relispartition LIMIT ${DROPPED_AT_ONCE}`,
      [schema],
    );
    if (rows.length > 0) await client.query(`DROP TABLE ${rows.map(({ name }) => name).join(", ")}`);
    return rows.length > 0;
  };
  while (await runTransaction(client, NO_LIMITS, dropSome));
  await runAtOnce(client, NO_LIMITS, `DROP SCHEMA IF EXISTS ${quoteIdentifier(schema)} CASCADE`);
}
