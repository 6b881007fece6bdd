import { getTableColumns, getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { ClientBase } from "pg";
import { refusedRebuild } from "../../errors.js";
import { qualifiedName, quoteIdentifier } from "../../identifiers.js";
import { sinkTables, type SinkPipeline } from "../../sink-pipeline.js";
import type { SinkTables } from "../../sink-tables.js";
import { compareIdentity, type SinkIdentity } from "../claim.js";
import { MERGED_PARTITION } from "../../tables/merged-partition.js";
import { withTransaction } from "../connection.js";
import { lockMerging } from "../merge-sql.js";
import { NO_LIMITS } from "../session/settings.js";
import { stateColumns } from "./checkpoint-columns.js";
import { findLosses, findOtherLogs, type CountedTable, type StoredRow } from "./find-losses.js";
import { hasMergedRows } from "./merged-rows.js";

/** A partition that is to be read again, and what the log holds of it now. */
export interface LogOfPartition {
  readonly partition: number;
  readonly start: number;
  /** One past the last offset. */
  readonly end: number;
}

export interface ResetOptions extends SinkIdentity {
  readonly databaseUrl: string;
  /** Those that have not been read yet are left as they are. */
  readonly partitions: readonly LogOfPartition[];
  /** All of the topic: read again in their place where closed windows of several partitions were merged into one row. */
  readonly all?: readonly LogOfPartition[];
  /** The partition whose records `without` and `including` name; default: the only one that is given. */
  readonly decidedPartition?: number | undefined;
  /** Offsets of records that are left out from now on. */
  readonly without?: readonly number[];
  /** Offsets of records that were left out, and are not any more. */
  readonly including?: readonly number[];
  readonly signal?: AbortSignal;
}

/** What was taken out of the tables for a partition. */
export interface PartitionReset {
  readonly partition: number;
  /** Where it is read again from. */
  readonly startOffset: number;
  /** How far it had been read. */
  readonly nextOffset: number;
}

/** A commit that is under way holds the row for less. */
const LIMITS = { ...NO_LIMITS, lockTimeoutMs: 30_000 };

/**
 * Deletes all rows of the partitions and puts their checkpoints back to where they began, in one transaction: whoever
 * claims them reads them again. The epoch rises, so that a consumer that has claimed them is fenced, and claims them again.
 * Where closed windows of several partitions were merged into one row, all partitions have to be read again.
 *
 * Rejects with SinkError `refused-rebuild` where the rows could not be made again, `refused-definition` and the like where they are of
 * another pipeline, and with Postgres's own error. Nothing is changed then.
 */
export async function resetPartitions(options: ResetOptions): Promise<readonly PartitionReset[]> {
  const { databaseUrl, signal } = options;
  // The server rolls back what is unfinished when the connection ends.
  return withTransaction(databaseUrl, (client) => resetWithin(client, options), {
    limits: LIMITS,
    timeoutMs: 0,
    signal,
  });
}

async function resetWithin(client: ClientBase, given: ResetOptions): Promise<readonly PartitionReset[]> {
  const { topic, pipeline } = given;
  const { name } = pipeline.data;
  // Before the first look: whoever merges has committed, or begins when this has ended.
  await client.query(lockMerging(name, topic));
  const rollupTables = sinkTables(pipeline).rollups.map(({ table }) => table);
  const isMerged = await hasMergedRows(client, rollupTables, topic);
  const partitions = isMerged && given.all !== undefined ? given.all : given.partitions;
  const options = { ...given, partitions };
  const numbers = partitions.map(({ partition }) => partition);
  const { rows: stored } = await client.query<StoredRow>(
    `SELECT partition, start_offset, next_offset FROM tidemark.checkpoints
     WHERE pipeline = $1 AND topic = $2 AND partition = ANY ($3::int[]) ORDER BY partition FOR UPDATE`,
    [name, topic, numbers],
  );
  await compareIdentity(client, options);
  const tables = tablesOf(pipeline);
  const problems = [
    ...tables.flatMap((table) => misplaced(table) ?? []),
    ...findUnread(stored, options),
    ...(await findReferences(client, tables)),
    ...(isMerged ? await findMerged(client, stored, options) : []),
    ...(await findShared(client, stored, options)),
    ...findOtherLogs(stored, { topic, log: partitions }),
    ...(await findLosses(client, stored, {
      topic,
      log: partitions,
      tables: recordTables({ tables: sinkTables(pipeline) }),
    })),
  ];
  if (problems.length > 0) throw refusedRebuild(problems);

  const place = [topic, [...stored.map(({ partition }) => partition), ...(isMerged ? [MERGED_PARTITION] : [])]];
  for (const table of tables)
    await client.query(`DELETE FROM ${qualifiedName(table)} WHERE ${isOfPlace(table)}`, place);
  await decide(client, options);
  await client.query(
    `UPDATE tidemark.checkpoints SET ${restart} WHERE pipeline = $3 AND topic = $1 AND partition = ANY ($2::int[])`,
    [...place, name],
  );
  await forgetRetention(client, name, place);
  // Windows are open again until the partitions have been read.
  await client.query("DELETE FROM tidemark.closed_windows WHERE pipeline = $1 AND topic = $2", [name, topic]);
  await client.query(
    "DELETE FROM tidemark.merged_windows WHERE pipeline = $3 AND topic = $1 AND partition = ANY ($2::int[])",
    [...place, name],
  );
  await forgetIds(client, options);
  return stored.map((row) => ({
    partition: row.partition,
    startOffset: row.start_offset,
    nextOffset: row.next_offset,
  }));
}

/** What one partition has in such a row can't be taken out of it: least values and sums of doubles don't give it back. */
async function findMerged(client: ClientBase, stored: readonly StoredRow[], options: ResetOptions): Promise<string[]> {
  if (stored.length === 0 || (await countOthers(client, options)) === 0) return [];
  return [
    `Closed windows of all partitions of ${options.topic} are merged, and nothing takes one partition out of them: rebuild all of them.`,
  ];
}

/** Every table that holds rows of partitions. */
function tablesOf(pipeline: SinkPipeline): readonly PgTable[] {
  const { raw, late, rejected, rollups, topicIds, tallies = [] } = sinkTables(pipeline);
  const others = [late, rejected, topicIds?.copies].filter((table) => table !== undefined);
  return [raw.table, ...others, ...[...rollups, ...tallies].map(({ table }) => table)];
}

function columnOf(table: PgTable, property: string): string | undefined {
  const column = getTableColumns(table)[property];
  return column && quoteIdentifier(column.name);
}

const isOfPlace = (table: PgTable) =>
  `${columnOf(table, "topic")} = $1 AND ${columnOf(table, "partition")} = ANY ($2::int[])`;

function misplaced(table: PgTable): string | undefined {
  const missing = ["topic", "partition"].filter((property) => columnOf(table, property) === undefined);
  if (missing.length === 0) return undefined;
  return `The table ${getTableName(table)} has no column for ${missing.join(" and ")}, so that nothing tells whose its rows are.`;
}

/** Everything of a checkpoint but where it begins and whose it is goes back to what it is at first, and the epoch rises. */
const restart = stateColumns("startOffset")
  .map(([property, column]) => {
    if (property === "nextOffset") return `${column} = start_offset`;
    if (property === "epoch") return `${column} = epoch + 1`;
    return `${column} = DEFAULT`;
  })
  .join(", ");

function decidedOf({ partitions, decidedPartition }: ResetOptions): LogOfPartition | undefined {
  if (decidedPartition === undefined) return partitions[0];
  return partitions.find(({ partition }) => partition === decidedPartition);
}

function findUnread(stored: readonly StoredRow[], options: ResetOptions): string[] {
  const { topic, partitions, without = [] } = options;
  const first = decidedOf(options);
  const place = partitions.length === 1 ? `${topic}[${first?.partition}]` : topic;
  const outside = without.filter((offset) => first === undefined || offset < first.start || offset >= first.end);
  return [
    ...(stored.length === 0 ? [`Nothing of ${place} has been read yet: there is nothing to rebuild.`] : []),
    ...outside.map(
      (offset) =>
        `The log of ${topic}[${first?.partition}] has no offset ${offset}: it holds ${first?.start} to ${(first?.end ?? 0) - 1}.`,
    ),
  ];
}

/** Rows of the user's own may not lose what they refer to. */
async function findReferences(client: ClientBase, tables: readonly PgTable[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string; referrer: string; referred: string }>(
    `SELECT conname AS name, conrelid::regclass::text AS referrer, confrelid::regclass::text AS referred FROM pg_constraint
     WHERE contype = 'f' AND conparentid = 0 AND confrelid = ANY (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)`,
    [tables.map(qualifiedName)],
  );
  return rows.map(
    ({ name, referrer, referred }) =>
      `Rows of ${referrer} refer to rows of ${referred} (foreign key ${name}), which are deleted and made again: drop that key first.`,
  );
}

function recordTables({ tables }: { readonly tables: SinkTables }): readonly CountedTable[] {
  const { raw, late, rejected } = tables;
  return [raw.table, ...[late, rejected].filter((table) => table !== undefined)].flatMap((table) => {
    const offset = columnOf(table, "offset");
    if (offset === undefined) return [];
    return [{ name: getTableName(table), sql: qualifiedName(table), isOfPlace: isOfPlace(table), offset }];
  });
}

async function decide(client: ClientBase, options: ResetOptions): Promise<void> {
  const { topic, pipeline, without = [], including = [] } = options;
  const place = [pipeline.data.name, topic, decidedOf(options)?.partition];
  await client.query(
    `INSERT INTO tidemark.exclusions (pipeline, topic, partition, "offset")
     SELECT $1, $2, $3, * FROM unnest($4::int8[]) ON CONFLICT DO NOTHING`,
    [...place, without],
  );
  await client.query(
    `DELETE FROM tidemark.exclusions WHERE pipeline = $1 AND topic = $2 AND partition = $3 AND "offset" = ANY ($4::int8[])`,
    [...place, including],
  );
}

/** Partitions of the topic that are not read again. */
async function countOthers(client: ClientBase, { topic, pipeline, partitions }: ResetOptions): Promise<number> {
  const { rows } = await client.query<{ others: number }>(
    `SELECT count(*) AS others FROM tidemark.checkpoints WHERE pipeline = $1 AND topic = $2 AND NOT partition = ANY ($3::int[])`,
    [pipeline.data.name, topic, partitions.map(({ partition }) => partition)],
  );
  return rows[0]?.others ?? 0;
}

/**
 * Where ids are unique over all partitions, others may have left out copies of a record that is left out now. And a partition that is
 * read alone finds what the others have counted in their raw rows.
 */
async function findShared(client: ClientBase, stored: readonly StoredRow[], options: ResetOptions): Promise<string[]> {
  const { pipeline, without = [], including = [] } = options;
  const { raw, topicIds } = sinkTables(pipeline);
  if (topicIds === undefined || stored.length === 0 || (await countOthers(client, options)) === 0) return [];
  const advice = "Ids are unique over all partitions: rebuild all of them.";
  if (without.length + including.length > 0)
    return [`Other partitions may hold copies of what is counted otherwise without a record. ${advice}`];
  const { rowCount } = await client.query("SELECT FROM tidemark.retention WHERE pipeline = $1 AND table_name = $2", [
    pipeline.data.name,
    getTableName(raw.table),
  ]);
  return rowCount === 0 ? [] : [`Retention has dropped rows of which other partitions may hold copies. ${advice}`];
}

/**
 * A partition that is read alone takes its own ids again, and puts back at its claim what was forgotten of the others. Where all are
 * read again, all ids are free.
 */
async function forgetIds(client: ClientBase, options: ResetOptions): Promise<void> {
  const { topic, pipeline } = options;
  const { topicIds } = sinkTables(pipeline);
  if (topicIds === undefined || (await countOthers(client, options)) > 0) return;
  await client.query(`DELETE FROM ${qualifiedName(topicIds.ids)} WHERE topic = $1`, [topic]);
  await client.query("DELETE FROM tidemark.forgotten_ids WHERE pipeline = $1 AND topic = $2", [
    pipeline.data.name,
    topic,
  ]);
}

/** Where all that the pipeline has is read again, dropped days come back whole. */
async function forgetRetention(client: ClientBase, pipeline: string, place: readonly unknown[]): Promise<void> {
  const { rows } = await client.query(
    `SELECT FROM tidemark.checkpoints WHERE pipeline = $3 AND NOT (topic = $1 AND partition = ANY ($2::int[])) LIMIT 1`,
    [...place, pipeline],
  );
  await client.query(
    rows.length === 0
      ? "DELETE FROM tidemark.retention WHERE pipeline = $1"
      : "UPDATE tidemark.retention SET rebuilt = true WHERE pipeline = $1",
    [pipeline],
  );
}
