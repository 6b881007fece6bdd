import { setTimeout as sleep } from "node:timers/promises";
import type { ClientBase } from "pg";
import { hashDefinition } from "../../definition.js";
import { refusedRebuild } from "../../errors.js";
import { quoteIdentifier } from "../../identifiers.js";
import { withTransaction } from "../connection.js";
import { pipelineRelations, type Relation } from "../pipeline-ddl.js";
import { NO_LIMITS } from "../session/settings.js";
import { stateColumns } from "./checkpoint-columns.js";
import { grantStatements, readGrants, type Heir } from "./copy-grants.js";
import { findObstacles, findOwned, type OwnedRelation } from "./find-obstacles.js";
import { formerSchema, nextPipeline, type DerivedPipeline } from "./next-pipeline.js";
import { isFinest } from "./seed-notes.js";

export interface SwitchOptions {
  readonly databaseUrl: string;
  readonly pipeline: DerivedPipeline;
  readonly topic: string;
  readonly signal?: AbortSignal;
}

/** Readers wait behind a lock that is waited for. */
const LIMITS = { ...NO_LIMITS, lockTimeoutMs: 2_000 };
/** So long the former consumer may be held up, while the new tables come up to its last checkpoint. Below what it takes for an outage. */
const LAST_RECORDS_MS = 3_000;
const POLL_MS = 50;
// lock_not_available, deadlock_detected, admin_shutdown of a claim that this held up
const BUSY_STATES = new Set(["55P03", "40P01", "57P01"]);

/**
 * Puts the tables of the next pipeline in the place of those that are there, in one transaction: tables, views, rights and
 * checkpoints. The epoch of each partition rises, so that a consumer of the former definition is fenced, and refused at its next
 * claim. The former tables are in a schema of their own afterwards (`dropFormer`).
 *
 * Resolves to false where tables are in use, or the next pipeline is not as far as the former one: try again. Rejects with SinkError
 * `refused-rebuild` where something stands in the way that would be lost, and with Postgres's own error. Nothing is changed then.
 */
export async function switchDefinition(options: SwitchOptions): Promise<boolean> {
  const { databaseUrl, signal } = options;
  const work = async (client: ClientBase): Promise<boolean> => {
    if (!(await holdCheckpoints(client, options))) return false;
    await exchange(client, options);
    return true;
  };
  try {
    return await withTransaction(databaseUrl, work, { limits: LIMITS, timeoutMs: 0, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && "code" in error && BUSY_STATES.has(String(error.code))) return false;
    throw error;
  }
}

/** Holds the former checkpoints, waits for the others to come up to them, and holds those too. */
async function holdCheckpoints(client: ClientBase, { pipeline, topic }: SwitchOptions): Promise<boolean> {
  const { name } = pipeline.data;
  const next = nextPipeline(pipeline).data.name;
  await client.query("SELECT FROM tidemark.checkpoints WHERE pipeline = $1 ORDER BY topic, partition FOR UPDATE", [
    name,
  ]);
  const behind = `SELECT o.partition, o.start_offset, n.start_offset AS begun FROM tidemark.checkpoints o
    LEFT JOIN tidemark.checkpoints n ON n.pipeline = $2 AND n.topic = o.topic AND n.partition = o.partition
    WHERE o.pipeline = $1 AND o.topic = $3 AND (n.next_offset IS NULL OR n.next_offset < o.next_offset OR n.start_offset > o.start_offset)`;
  const deadline = performance.now() + LAST_RECORDS_MS;
  for (;;) {
    const { rows } = await client.query<{ partition: number; start_offset: number; begun: number | null }>(behind, [
      name,
      next,
      topic,
    ]);
    const late = rows.find(({ start_offset: start, begun }) => begun !== null && begun > start);
    if (late !== undefined) {
      const { partition, start_offset: start, begun } = late;
      throw refusedRebuild([
        `The log of ${topic}[${partition}] began at offset ${begun} when it was read, and its tables at ${start}: records were deleted meanwhile. Run it again.`,
      ]);
    }
    if (rows.length === 0) break;
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  await client.query("SELECT FROM tidemark.checkpoints WHERE pipeline = $1 ORDER BY topic, partition FOR UPDATE", [
    next,
  ]);
  return true;
}

async function exchange(client: ClientBase, { pipeline, topic }: SwitchOptions): Promise<void> {
  const { data } = pipeline;
  const next = nextPipeline(pipeline);
  const former = await findOwned(client, data.name);
  const coming = await findOwned(client, next.data.name);
  const problems = await findObstacles(client, former);
  if (problems.length > 0) throw refusedRebuild(problems);
  const relations = pipelineRelations(pipeline);
  const grants = await readGrants(client, former);
  await client.query(`CREATE SCHEMA ${quoteIdentifier(formerSchema(data))}`);
  // Views before the tables that they read.
  await runAll(client, [
    ...former.filter(isView).map(dropView),
    ...former.filter(isTable).map((one) => moveTo(one, formerSchema(data))),
    ...coming.filter(isView).map(dropView),
    ...coming.filter(isTable).map((one) => moveTo(one, data.tables.schema)),
    ...relations.filter(({ kind }) => kind === "view").map(({ ddl }) => ddl),
    ...grantStatements(grants, heirsOf(relations, former)),
    `DROP SCHEMA ${quoteIdentifier(next.data.tables.schema)}`,
  ]);
  await dropPartialWindows(client, data, next.data.name);
  await moveClosed(client, data, next.data.name);
  await rename(client, data, relations, next.data.name);
  await moveCheckpoints(client, { name: data.name, next: next.data.name, topic, hash: hashDefinition(data) });
}

const isView = ({ kind }: OwnedRelation) => kind === "view";
const isTable = ({ kind }: OwnedRelation) => kind === "table";
const placeOf = ({ schema, name }: OwnedRelation) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
const dropView = (view: OwnedRelation) => `DROP VIEW ${placeOf(view)}`;
const moveTo = (table: OwnedRelation, schema: string) =>
  `ALTER TABLE ${placeOf(table)} SET SCHEMA ${quoteIdentifier(schema)}`;

/** Several statements sent at once: there are many partitions. */
async function runAll(client: ClientBase, statements: readonly string[]): Promise<void> {
  if (statements.length > 0) await client.query(statements.join(";\n"));
}

/** A table or view that was not there before gets the rights that all former ones of its kind have: a rollup those of rollups. */
function heirsOf(relations: readonly Relation[], former: readonly OwnedRelation[]): readonly Heir[] {
  const known = former.filter(({ ddl }) => ddl !== null);
  return relations.map((relation) => {
    const { schema, name, ddl } = relation;
    const isOld = known.some((one) => one.name === name);
    const alike = known.filter((one) => looksAlike(relation, one)).map((one) => one.name);
    const columns = new Set([...ddl.matchAll(/\n {2}"((?:[^"]|"")+)" /g)].map(([, column]) => column ?? ""));
    return { schema, name, from: isOld ? [name] : alike, columns };
  });
}

function looksAlike(relation: Relation, { kind, ddl }: OwnedRelation): boolean {
  return kind === relation.kind && (kind === "view" || shapeOf(ddl ?? "") === shapeOf(relation.ddl));
}

/** Rollups and counter tables have windows and a key; the tables of records have offsets. */
function shapeOf(ddl: string): string {
  if (ddl.includes('\n  "verdict" ')) return "counter";
  return ddl.includes('\n  "window_start" ') ? "rollup" : "records";
}

async function rename(
  client: ClientBase,
  data: DerivedPipeline["data"],
  relations: readonly Relation[],
  next: string,
): Promise<void> {
  const hash = hashDefinition(data);
  await client.query("INSERT INTO tidemark.definitions (hash, definition) VALUES ($1, $2) ON CONFLICT DO NOTHING", [
    hash,
    JSON.stringify(data),
  ]);
  await client.query("DELETE FROM tidemark.tables WHERE pipeline = ANY ($1)", [[data.name, next]]);
  await client.query(
    `INSERT INTO tidemark.tables (schema_name, table_name, pipeline, definition_hash, ddl)
     SELECT schema, name, $4, $5, ddl FROM unnest($1::text[], $2::text[], $3::text[]) AS made (schema, name, ddl)`,
    [
      relations.map(({ schema }) => schema),
      relations.map(({ name }) => name),
      relations.map(({ ddl }) => ddl),
      data.name,
      hash,
    ],
  );
  // The tables hold all of the log again, but for what was made of rows.
  await client.query("DELETE FROM tidemark.retention WHERE pipeline = $1", [data.name]);
  await client.query("UPDATE tidemark.retention SET pipeline = $1, updated_at = now() WHERE pipeline = $2", [
    data.name,
    next,
  ]);
  for (const table of ["forgotten_ids", "merged_windows"]) {
    await client.query(`DELETE FROM tidemark.${table} WHERE pipeline = $1`, [data.name]);
    await client.query(`UPDATE tidemark.${table} SET pipeline = $1 WHERE pipeline = $2`, [data.name, next]);
  }
  await client.query("DELETE FROM tidemark.exclusions WHERE pipeline = $1", [next]);
  await client.query("DELETE FROM tidemark.progress WHERE pipeline = $1", [next]);
}

/** A rollup that begins at a day has no windows before it that only some partitions have, since their log was whole. */
async function dropPartialWindows(client: ClientBase, data: DerivedPipeline["data"], next: string): Promise<void> {
  for (const { name } of data.rollups.filter((rollup) => !isFinest(data, rollup.name)))
    await client.query(
      `DELETE FROM ${quoteIdentifier(data.tables.schema)}.${quoteIdentifier(name)} WHERE window_start < (
         SELECT complete_from FROM tidemark.retention WHERE pipeline = $1 AND table_name = $2)`,
      [next, name],
    );
}

/**
 * Windows that were shown as closed, since a quiet partition was passed over, stay so, as far as the watermarks of another delay would
 * have closed them, and the newest event's largest window ends.
 */
async function moveClosed(client: ClientBase, data: DerivedPipeline["data"], next: string): Promise<void> {
  const { name, watermarkDelayMs, allowedLatenessMs } = data;
  const largestMs = Math.max(...data.rollups.map(({ window }) => window.sizeMs));
  await client.query(
    `UPDATE tidemark.closed_windows k SET closed_to = least(k.closed_to + (
       SELECT least(0, (definition ->> 'watermarkDelayMs')::float8 - $2::float8) FROM tidemark.definitions
       WHERE hash = (SELECT min(definition_hash) FROM tidemark.checkpoints WHERE pipeline = $1)) * interval '1 millisecond',
       (SELECT date_bin($4::float8 * interval '1 millisecond', max(max_event_time), timestamptz 'epoch')
          + ($4::float8 + $5::float8) * interval '1 millisecond'
        FROM tidemark.checkpoints n WHERE n.pipeline = $3 AND n.topic = k.topic))
     WHERE k.pipeline = $1`,
    [name, watermarkDelayMs, next, largestMs, allowedLatenessMs],
  );
  await client.query(
    `INSERT INTO tidemark.closed_windows AS k (pipeline, topic, closed_to)
     SELECT $1, topic, closed_to FROM tidemark.closed_windows WHERE pipeline = $2
     ON CONFLICT (pipeline, topic) DO UPDATE SET closed_to = greatest(k.closed_to, excluded.closed_to)`,
    [name, next],
  );
  for (const table of ["closed_windows", "quiet_partitions"])
    await client.query(`DELETE FROM tidemark.${table} WHERE pipeline = $1`, [next]);
}

/** Everything of a checkpoint but whose it is. */
const moved = stateColumns("epoch")
  .map(([, column]) => `${column} = n.${column}`)
  .join(", ");

/** The former rows stay, so that a claim that waits for one finds it, and is refused by its definition. */
async function moveCheckpoints(
  client: ClientBase,
  { name, next, topic, hash }: Readonly<Record<"name" | "next" | "topic" | "hash", string>>,
): Promise<void> {
  await client.query(
    `UPDATE tidemark.checkpoints o SET definition_hash = $4, epoch = greatest(o.epoch, n.epoch) + 1, ${moved}
     FROM tidemark.checkpoints n
     WHERE o.pipeline = $1 AND o.topic = $3 AND n.pipeline = $2 AND n.topic = o.topic AND n.partition = o.partition`,
    [name, next, topic, hash],
  );
  // Partitions that only the next pipeline has claimed by now.
  await client.query(
    `UPDATE tidemark.checkpoints n SET pipeline = $1, definition_hash = $4, epoch = n.epoch + 1,
       group_name = (SELECT min(group_name) FROM tidemark.checkpoints WHERE pipeline = $1 AND topic = $3)
     WHERE n.pipeline = $2 AND n.topic = $3 AND NOT EXISTS (
       SELECT FROM tidemark.checkpoints o WHERE o.pipeline = $1 AND o.topic = $3 AND o.partition = n.partition)`,
    [name, next, topic, hash],
  );
  await client.query("DELETE FROM tidemark.checkpoints WHERE pipeline = $1", [next]);
}
