import { getTableColumns } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { openTransactions, SNAPSHOT, type Transaction } from "@tidemark/sinks";
import { checkpoints, definitions, exclusions } from "@tidemark/sinks/tables";
import { CannotVerifyError, noCheckpoints, noTables, postgresUnreachable, severalPipelines } from "./errors.js";
import { quote } from "./stored-table.js";

/** A read-only transaction: everything that is read through it stood at one moment. */
export type Snapshot = Transaction;

/** A row of `tidemark.checkpoints`, its derived columns by their properties in the Drizzle table. */
export interface StoredCheckpoint {
  readonly partition: number;
  readonly clusterId: string;
  readonly definitionHash: string;
  readonly startOffset: number;
  readonly nextOffset: number;
  readonly lost: number;
  /** As Postgres writes them. */
  readonly columns: Readonly<Record<DerivedColumn, string | null>>;
}

/** The columns of a checkpoint that follow from the log. */
export const derivedColumns = [
  "read",
  "counted",
  "duplicate",
  "late",
  "quarantined",
  "rejected",
  "refused",
  "skipped",
  "lost",
  "watermark",
  "maxEventTime",
  "lastRecord",
] as const satisfies readonly (keyof typeof checkpoints.$inferSelect)[];
export type DerivedColumn = (typeof derivedColumns)[number];

export interface SnapshotOptions {
  /** Gives a table, in SQL, that nobody may drop a part of while the snapshot is drawn. */
  readonly lock?: (sql: Snapshot) => Promise<string>;
  readonly signal?: AbortSignal | undefined;
}

/** What is to be verified. */
export interface PipelineChoice {
  readonly topic: string;
  /** The pipeline's name; undefined: the only one that has a checkpoint of the topic. */
  readonly pipeline: string | undefined;
}

/** For sorts of whole tables, read to their end. Panels name their tables without a schema. */
const settings = { work_mem: "64MB", cursor_tuple_fraction: "1", search_path: "pg_catalog, public" };
const connectTimeoutSeconds = 10;

/**
 * Runs `work` on one snapshot of the database. Texts of times are UTC, those of doubles give the same double back.
 *
 * @throws CannotVerifyError `postgres-unreachable`, `no-tables`, the signal's reason, and whatever `work` throws
 */
export async function withSnapshot<T>(
  databaseUrl: string,
  work: (snapshot: Snapshot) => Promise<T>,
  { lock, signal }: SnapshotOptions = {},
): Promise<T> {
  const transactions = openTransactions(databaseUrl, {
    connect_timeout: connectTimeoutSeconds,
    connection: { application_name: "tidemark-verify" },
  });
  // A query in progress is not waited for: it may sort for minutes.
  const stop = () => void transactions.end({ timeout: 0 });
  signal?.addEventListener("abort", stop, { once: true });
  let working: Promise<T> | undefined;
  try {
    signal?.throwIfAborted();
    const locked = lock && (await transactions.run(SNAPSHOT, lock));
    return await transactions.run({ ...SNAPSHOT, settings }, async (snapshot) => {
      // The snapshot is drawn after it. Without it, retention could drop days between the snapshot and our look at them.
      if (locked !== undefined) await snapshot.unsafe(`LOCK TABLE ${locked} IN ACCESS SHARE MODE`);
      working = work(snapshot);
      return await working;
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw judge(error, databaseUrl);
  } finally {
    signal?.removeEventListener("abort", stop);
    // Where the connection broke off, it may still have something to close.
    await working?.catch(() => undefined);
    await transactions.end({ timeout: 1 });
  }
}

/**
 * The pipeline's name, and its raw table in SQL.
 * @throws CannotVerifyError `no-checkpoints`, `several-pipelines`
 */
export async function findPipeline(
  sql: Snapshot,
  { topic, pipeline }: PipelineChoice,
): Promise<{ readonly pipeline: string; readonly raw: string }> {
  const columns = getTableColumns(checkpoints);
  const { hash, definition } = getTableColumns(definitions);
  const rows = await sql
    .unsafe(
      `SELECT DISTINCT c.${quote(columns.pipeline.name)}, d.${quote(definition.name)}#>>'{tables,schema}', d.${quote(definition.name)}#>>'{tables,raw}'
       FROM ${nameTable(checkpoints)} c LEFT JOIN ${nameTable(definitions)} d ON d.${quote(hash.name)} = c.${quote(columns.definitionHash.name)}
       WHERE c.${quote(columns.topic.name)} = $1 AND ($2::text IS NULL OR c.${quote(columns.pipeline.name)} = $2) ORDER BY 1, 2, 3`,
      [topic, pipeline ?? null],
    )
    .values();
  const all = new Set(rows.map(([name]) => String(name)));
  // Beside a pipeline whose definition is being rebuilt stands the one that fills its new tables.
  const names = [...all].filter((name) => !(name.endsWith(".next") && all.has(name.slice(0, -".next".length))));
  const [name] = names;
  if (name === undefined) throw noCheckpoints(topic, pipeline);
  if (names.length > 1) throw severalPipelines(topic, names);
  const [, schema, raw] = rows.find(([, , table]) => table !== null) ?? [];
  // A definition that lacks it is refused when it is read.
  const table = raw === undefined ? nameTable(checkpoints) : `${quote(String(schema))}.${quote(String(raw))}`;
  return { pipeline: name, raw: table };
}

const missingObjects = new Set(["42P01", "42703", "3F000"]);
const connectionCodes = /^(E[A-Z]+|refused-connection|wrong-server|CONNECTION_(CLOSED|ENDED|DESTROYED))$/;

function judge(error: unknown, databaseUrl: string): unknown {
  if (error instanceof CannotVerifyError || !(error instanceof Error)) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (missingObjects.has(code)) return noTables(databaseUrl, error);
  // What Postgres itself says, and what the way to it says; anything else is a mistake of ours.
  return "severity" in error || connectionCodes.test(code) ? postgresUnreachable(databaseUrl, error) : error;
}

/** Offsets of records that a person has left out of a pipeline's tables, by partition. */
export async function readExclusions(
  snapshot: Snapshot,
  pipeline: string,
  topic: string,
): Promise<ReadonlyMap<number, ReadonlySet<number>>> {
  const columns = getTableColumns(exclusions);
  const rows = await snapshot
    .unsafe(
      `SELECT ${quote(columns.partition.name)}, ${quote(columns.offset.name)}::float8 FROM ${nameTable(exclusions)}
       WHERE ${quote(columns.topic.name)} = $1 AND ${quote(columns.pipeline.name)} = $2`,
      [topic, pipeline],
    )
    .values();
  const byPartition = new Map<number, Set<number>>();
  for (const [partition, offset] of rows) {
    const known = byPartition.get(Number(partition)) ?? new Set();
    byPartition.set(Number(partition), known.add(Number(offset)));
  }
  return byPartition;
}

/** The checkpoints of a pipeline's topic, in partition order. */
export async function readCheckpoints(
  snapshot: Snapshot,
  pipeline: string,
  topic: string,
): Promise<StoredCheckpoint[]> {
  const columns = getTableColumns(checkpoints);
  const derived = derivedColumns.map((name) => `${quote(columns[name].name)}::text`);
  const { partition, clusterId, definitionHash, startOffset, nextOffset, lost } = columns;
  const own = [partition, clusterId, definitionHash, startOffset, nextOffset, lost].map(({ name }) => quote(name));
  const rows = await snapshot
    .unsafe(
      `SELECT ${[...own, ...derived].join(", ")} FROM ${nameTable(checkpoints)}
       WHERE ${quote(columns.topic.name)} = $1 AND ${quote(columns.pipeline.name)} = $2 ORDER BY ${quote(partition.name)}`,
      [topic, pipeline],
    )
    .values();
  return rows.map(([number, cluster, hash, start, next, lostOffsets, ...values]) => ({
    partition: Number(number),
    clusterId: String(cluster),
    definitionHash: String(hash),
    startOffset: Number(start),
    nextOffset: Number(next),
    lost: Number(lostOffsets),
    columns: Object.fromEntries(derivedColumns.map((name, at) => [name, values[at]])) as StoredCheckpoint["columns"],
  }));
}

/** The stored pipeline definitions, by hash. */
export async function readDefinitions(snapshot: Snapshot): Promise<ReadonlyMap<string, unknown>> {
  const { hash, definition } = getTableColumns(definitions);
  const rows = await snapshot
    .unsafe(`SELECT ${quote(hash.name)}, ${quote(definition.name)}::text FROM ${nameTable(definitions)}`)
    .values();
  return new Map(rows.map(([name, json]) => [String(name), JSON.parse(String(json)) as unknown]));
}

/** How many topics have a checkpoint of the pipeline. */
export async function countTopics(snapshot: Snapshot, pipeline: string): Promise<number> {
  const { topic, pipeline: owner } = getTableColumns(checkpoints);
  const rows = await snapshot
    .unsafe(
      `SELECT count(DISTINCT ${quote(topic.name)})::int FROM ${nameTable(checkpoints)} WHERE ${quote(owner.name)} = $1`,
      [pipeline],
    )
    .values();
  return Number(rows[0]?.[0]);
}

/** Schema and name, quoted. */
export function nameTable(table: PgTable): string {
  const { schema, name } = getTableConfig(table);
  return schema === undefined ? quote(name) : `${quote(schema)}.${quote(name)}`;
}

/** An array of texts as Postgres reads it. */
export function arrayText(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replace(/["\\]/g, "\\$&")}"`).join(",")}}`;
}
