import { getTableColumns } from "drizzle-orm";
import type pg from "pg";
import type { Claim, LastRecord } from "../checkpoint.js";
import { compareDefinitions, hashDefinition } from "../definition.js";
import { refusedDefinition, refusedIdentity } from "../errors.js";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import type { SinkPipeline } from "../sink-pipeline.js";
import type { SinkTables } from "../sink-tables.js";
import { createStateCheck, type CountQuestion } from "../state-check.js";
import { FIRST_CLAIM_LOCK } from "./advisory-locks.js";
import { CLAIM_SQL, countSql } from "./claim-sql.js";
import { defaultLimits, runAtOnce, withConnection, withTransaction } from "./connection.js";
import { readIds } from "./read-ids.js";
import type { RollupSql } from "./rollup-sql.js";
import type { TopicIds } from "./topic-ids.js";

/** Who we are: stored at the first claim, compared at each later one. */
export interface SinkIdentity {
  readonly topic: string;
  readonly group: string;
  readonly clusterId: string;
  readonly pipeline: SinkPipeline;
  /** Names this process among those that claim partitions; default: its host and process, and a part that is drawn. */
  readonly owner?: string;
}

interface CheckpointRow {
  readonly start_offset: number;
  readonly next_offset: number;
  readonly epoch: number;
  readonly taken_from: string | null;
  readonly last_record: string | null;
  readonly watermark_ms: number | null;
  readonly max_event_time_ms: number | null;
  readonly read: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly late: number;
  readonly quarantined: number;
  readonly rejected: number;
  readonly refused: number;
  readonly skipped: number;
  readonly lost: number;
}

/**
 * Rejects with SinkError `refused-group` or `refused-cluster` where the pipeline's tables of this topic were written by
 * another, `refused-definition` where the pipeline's were written with another definition. Each claim checks this too; here it
 * is known before anything is read.
 */
export async function checkIdentity(databaseUrl: string, identity: SinkIdentity): Promise<void> {
  await withTransaction(databaseUrl, (client) => compareIdentity(client, identity), { limits: defaultLimits });
}

/** What tells the database from others, whatever address it is reached by. Copies of its files have the same. */
export async function readDatabaseId(databaseUrl: string): Promise<string> {
  const id = `SELECT d.id || ':' || p.oid AS id FROM tidemark.database d, pg_database p WHERE p.datname = current_database()`;
  const rows = await withConnection(databaseUrl, (client) => runAtOnce<{ id: string }>(client, defaultLimits, id));
  return rows[0]?.id ?? "";
}

interface StoredIdentity {
  readonly topic: string;
  readonly group_name: string;
  readonly cluster_id: string;
  readonly definition_hash: string;
}

/** As `checkIdentity`, on a connection, perhaps in a transaction. */
export async function compareIdentity(client: pg.ClientBase, identity: SinkIdentity): Promise<void> {
  const { topic, group, clusterId, pipeline } = identity;
  const { name } = pipeline.data;
  const hash = hashDefinition(pipeline.data);
  const { rows } = await client.query<StoredIdentity>(CLAIM_SQL.findOtherIdentity, [
    name,
    topic,
    group,
    clusterId,
    hash,
  ]);
  const stored = rows[0];
  if (stored === undefined) return;
  const place = { pipeline: name, topic };
  if (stored.topic === topic && stored.cluster_id !== clusterId)
    throw refusedIdentity("cluster", place, stored.cluster_id, clusterId);
  if (stored.topic === topic && stored.group_name !== group)
    throw refusedIdentity("group", place, stored.group_name, group);
  const { rows: definitions } = await client.query<{ definition: unknown }>(
    "SELECT definition FROM tidemark.definitions WHERE hash = $1",
    [stored.definition_hash],
  );
  throw refusedDefinition(name, compareDefinitions(definitions[0]?.definition, toJson(pipeline.data)));
}

/** As it comes back from the database. */
function toJson(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

export interface ClaimTables {
  readonly tables: SinkTables;
  readonly rollups: readonly RollupSql[];
  /** Where ids are unique over all partitions. */
  readonly topicIds: TopicIds | undefined;
}

/**
 * Bumps the epoch: from here on, nobody else's commit can succeed. Then reads the state within the same transaction. Throws
 * SinkError `inconsistent-state` where the windows do not agree with the ledger, and bumps nothing then.
 */
export async function claimPartition(
  client: pg.PoolClient,
  identity: SinkIdentity & { readonly owner: string },
  { tables, rollups, topicIds }: ClaimTables,
  partition: number,
  logStartOffset: number,
): Promise<Claim> {
  const { topic, pipeline } = identity;
  const { name, allowedLatenessMs } = pipeline.data;
  const hash = hashDefinition(pipeline.data);
  await client.query(CLAIM_SQL.insertDefinition, [hash, JSON.stringify(pipeline.data)]);
  const { rowCount: first } = await client.query(CLAIM_SQL.insertCheckpoint, [
    name,
    topic,
    partition,
    identity.group,
    identity.clusterId,
    hash,
    logStartOffset,
    identity.owner,
  ]);
  // Two identities that begin at once don't see each other's rows yet: the second one to come waits for the first.
  if (first === 1) await client.query(CLAIM_SQL.lockFirstClaim, [FIRST_CLAIM_LOCK]);
  const { rows } = await client.query<CheckpointRow>(CLAIM_SQL.claim, [name, topic, partition, identity.owner]);
  await compareIdentity(client, identity);
  const row = rows[0];
  if (row === undefined) throw new Error(`The checkpoint row of ${topic}[${partition}] vanished during its claim.`);

  const watermarkMs = row.watermark_ms ?? -Infinity;
  const { read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost } = row;
  const stateCheck = createStateCheck(tables, allowedLatenessMs, await readShortened(client, name));
  if (stateCheck !== undefined) {
    const place = { pipeline: name, topic, partition };
    stateCheck.check(place, counted, await countEvents(client, stateCheck.questions(watermarkMs), place));
  }
  await topicIds?.restore(client, watermarkMs);
  const openSince = (sizeMs: number) => watermarkMs - allowedLatenessMs - sizeMs;
  const excluded = await readExclusions(client, identity, partition, row.next_offset);
  return {
    partition,
    epoch: row.epoch,
    takenFrom: row.taken_from ?? undefined,
    startOffset: row.start_offset,
    nextOffset: row.next_offset,
    lastRecord: row.last_record === null ? undefined : (JSON.parse(row.last_record) as LastRecord),
    watermarkMs,
    maxEventTimeMs: row.max_event_time_ms ?? -Infinity,
    maxEventOffset: await readMaxEventOffset(client, tables, topic, partition, row.max_event_time_ms),
    ...(excluded.length > 0 && { excluded }),
    ledger: { read, counted, duplicate, late, quarantined, rejected, refused, skipped, lost },
    windows: await readWindows(client, rollups, topic, partition, openSince),
    ids: await readIds(client, tables, topic, partition, openSince(rollups[0]?.sizeMs ?? 0)),
  };
}

/** Tables of the pipeline that do not have all rows. */
async function readShortened(client: pg.ClientBase, pipeline: string): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(CLAIM_SQL.readShortened, [pipeline]);
  return new Set(rows.map(({ name }) => name));
}

/** Of the partition's own rows, and of rows into which its closed windows were merged. */
async function countEvents(
  client: pg.ClientBase,
  questions: readonly CountQuestion[],
  { pipeline, topic, partition }: { readonly pipeline: string; readonly topic: string; readonly partition: number },
): Promise<readonly number[]> {
  const sums = questions.map((question, at) => {
    const since = question.sinceMs === -Infinity ? undefined : String(question.sinceMs);
    return `(${countSql(question, since)}) AS s${at}`;
  });
  const { rows } = await client.query<number[]>({
    text: `SELECT ${sums.join(", ")}`,
    values: [topic, partition, pipeline],
    rowMode: "array",
  });
  return rows[0] ?? [];
}

async function readWindows(
  client: pg.PoolClient,
  rollups: readonly RollupSql[],
  topic: string,
  partition: number,
  openSince: (sizeMs: number) => number,
): Promise<Claim["windows"]> {
  const windows: Claim["windows"][number][] = [];
  for (const rollup of rollups) {
    const since = openSince(rollup.sizeMs);
    if (since === -Infinity) continue;
    const { rows } = await client.query<unknown[]>({
      text: rollup.select,
      values: [topic, partition, since],
      rowMode: "array",
    });
    windows.push({ rollup: rollup.name, rows: rows.map((row) => rollup.fromRow(row)) });
  }
  return windows;
}

/** The raw row of the event that set the watermark, if it was counted. Times of the raw table may have microseconds. */
async function readMaxEventOffset(
  client: pg.PoolClient,
  { raw }: SinkTables,
  topic: string,
  partition: number,
  maxEventTimeMs: number | null,
): Promise<number | undefined> {
  const columns = getTableColumns(raw.table);
  const time = raw.time === undefined ? undefined : columns[raw.time];
  const [offset, ...place] = ["offset", "topic", "partition"].map((property) => columns[property]?.name);
  if (maxEventTimeMs === null || time === undefined || offset === undefined || place.includes(undefined))
    return undefined;
  const timeColumn = quoteIdentifier(time.name);
  const { rows } = await client.query<{ first: number | null }>(
    `SELECT min(${quoteIdentifier(offset)})::int8 AS first FROM ${qualifiedName(raw.table)}
     WHERE topic = $1 AND partition = $2
       AND ${timeColumn} >= to_timestamp($3::float8 / 1000) AND ${timeColumn} < to_timestamp(($3::float8 + 1) / 1000)`,
    [topic, partition, maxEventTimeMs],
  );
  return rows[0]?.first ?? undefined;
}

/** Stored decisions on records that are still to be read. */
async function readExclusions(
  client: pg.PoolClient,
  { topic, pipeline }: SinkIdentity,
  partition: number,
  from: number,
): Promise<readonly number[]> {
  const { rows } = await client.query<{ offset: number }>(CLAIM_SQL.readExclusions, [
    pipeline.data.name,
    topic,
    partition,
    from,
  ]);
  return rows.map(({ offset }) => offset);
}
