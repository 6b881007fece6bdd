import type { ISql } from "postgres";
import { parseAddress } from "../address/parse-address.js";
import { compareDefinitions, hashDefinition } from "../definition.js";
import { refusedDefinition, refusedTable, SinkError, unmigrated } from "../errors.js";
import type { SinkPipeline } from "../sink-pipeline.js";
import { MIGRATION_LOCK } from "./advisory-locks.js";
import { textArray } from "./array-literal.js";
import { isReadOnlyServer } from "./availability.js";
import { answerWithin, whileWatched, type Blocker } from "./backend-watch.js";
import { addressForWriting } from "./connection.js";
import { findMisfits } from "./own-tables.js";
import { pipelineRelations, type Relation } from "./pipeline-ddl.js";
import { createSchema, isSchemaUpToDate, migrateSchema } from "./schema-migrations.js";
import { isOfConnectionPhase } from "./session/connection-phase.js";
import { READ_ONLY_BY_SETTING, SNAPSHOT, WRITING, WRITING_ANYWAY, WRITING_SETTINGS } from "./session/settings.js";
import { openTransactions, type Transaction, type Transactions } from "./session/transactions.js";

const CONNECT_TIMEOUT_SECONDS = 10;
const INSUFFICIENT_PRIVILEGE = "42501";
const MAX_IDENTIFIER_BYTES = 63;
/** Added to the name of a table's partition, such as `_20240203`. */
const DAY_SUFFIX_BYTES = 9;
/** Tables need the storage options and the ON CONFLICT of `heap`. */
const settings = { ...WRITING_SETTINGS, default_table_access_method: "heap" };

export interface MigrateOptions {
  /** Other sessions hold what the migration needs, such as another migration: it waits for them. */
  readonly onBlocked?: (blockers: readonly Blocker[]) => void;
  /** After so long without an answer, and without a sign that the server is at work, it rejects. In ms; default 60,000. */
  readonly silenceTimeoutMs?: number;
}

/**
 * Makes the schema `tidemark` and the tables and views of the pipeline's definition, and nothing else. Tables of the user's
 * own are left alone, but checked. Everything happens in one transaction, or nothing. Safe when many start at once, and for
 * several pipelines in one database. A role that may create nothing finds an up-to-date database in order.
 *
 * Rejects with SinkError `refused-table` where a table or view exists that is not this pipeline's, or the user's own does not
 * fit, `refused-definition` where the pipeline's tables were made with another definition, `old-database`, and `unmigrated`
 * where the role lacks rights; with Postgres's own error where it can't be reached or refuses.
 */
export async function migrate(
  pipeline: SinkPipeline,
  databaseUrl: string,
  { onBlocked, silenceTimeoutMs = 60_000 }: MigrateOptions = {},
): Promise<void> {
  const relations = pipelineRelations(pipeline);
  checkNames(relations, pipeline);
  const address = addressForWriting(databaseUrl);
  const transactions = openTransactions(address, {
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    connection: { application_name: "tidemark-migrate" },
  });
  const read = <T>(ask: (transaction: Transaction) => Promise<T>) =>
    answerWithin(silenceTimeoutMs, transactions.run(SNAPSHOT, ask));
  try {
    // Otherwise it waits for others that migrate.
    if (!(await read((transaction) => isUpToDate(transaction, pipeline, relations)))) {
      await runWriting(transactions, async (transaction) => {
        const [backend] = await answerWithin(
          silenceTimeoutMs,
          transaction<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`,
        );
        await whileWatched({ address, pid: backend?.pid ?? 0, silenceTimeoutMs, onBlocked }, async () => {
          await transaction`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`;
          await migrateSchema(transaction);
          await makeRelations(transaction, pipeline, relations);
        });
      });
    }
    const misfits = await read((transaction) => findMisfits(transaction, pipeline));
    if (misfits.length > 0) throw refusedTable(misfits);
  } catch (error) {
    const isRefused = error instanceof Error && "code" in error && error.code === INSUFFICIENT_PRIVILEGE;
    if (!isRefused || isOfConnectionPhase(error)) throw error;
    throw unmigrated(parseAddress(databaseUrl).user, error);
  } finally {
    await transactions.end({ timeout: 1 });
  }
}

/** Also where the role's or the database's transactions are read-only by default. */
async function runWriting(
  transactions: Transactions,
  work: (transaction: Transaction) => Promise<void>,
): Promise<void> {
  try {
    await transactions.run({ ...WRITING, settings }, work);
  } catch (error) {
    const isReadOnly = isReadOnlyServer(error) && (await transactions.ask(SNAPSHOT, READ_ONLY_BY_SETTING)).length > 0;
    if (!isReadOnly) throw error;
    await transactions.run({ ...WRITING_ANYWAY, settings }, work);
  }
}

function isTooLong(name: string): boolean {
  return Buffer.byteLength(name) > MAX_IDENTIFIER_BYTES;
}

function checkNames(relations: readonly Relation[], { data }: SinkPipeline): void {
  const isByDay = "tables" in data && data.tables.partitionBy === "day";
  const problems = relations.flatMap(({ name, indexes }) => {
    const suffix = isByDay && name === data.tables.raw ? DAY_SUFFIX_BYTES : 0;
    const tooLong = [name.padEnd(name.length + suffix), ...indexes].find(isTooLong);
    return tooLong === undefined ? [] : [`The name ${tooLong.trim()} is too long for Postgres: use a shorter one.`];
  });
  if (problems.length > 0) throw refusedTable(problems);
}

/** What stands in the place of a relation. */
interface Found {
  readonly relation: Relation;
  readonly exists: boolean;
  /** The first of its indexes whose name something else has. */
  readonly takenIndex: string | undefined;
  readonly owner: string | undefined;
  readonly definitionHash: string | undefined;
  readonly ddl: string | undefined;
}

async function isUpToDate(sql: ISql, { data }: SinkPipeline, relations: readonly Relation[]): Promise<boolean> {
  if (!(await isSchemaUpToDate(sql))) return false;
  const found = await findRelations(sql, relations);
  return found.every(({ relation, exists, owner, ddl }) => exists && owner === data.name && ddl === relation.ddl);
}

function keyOf(schema: string, name: string): string {
  return JSON.stringify([schema, name]);
}

async function findRelations(sql: ISql, relations: readonly Relation[]): Promise<readonly Found[]> {
  const names = relations.flatMap(({ schema, name, indexes }) =>
    [name, ...indexes].map((one) => ({ schema, name: one })),
  );
  const existing = await sql<{ schema: string; name: string }[]>`
    SELECT nspname AS schema, relname AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE (nspname, relname) IN (
      SELECT * FROM unnest(${textArray(names, ({ schema }) => schema)}::text[], ${textArray(names, ({ name }) => name)}::text[]))`;
  const owned = await sql<{ schema: string; name: string; pipeline: string; hash: string; ddl: string }[]>`
    SELECT schema_name AS schema, table_name AS name, pipeline, definition_hash AS hash, ddl FROM tidemark.tables`;
  const exists = new Set(existing.map(({ schema, name }) => keyOf(schema, name)));
  const byKey = new Map(owned.map((row) => [keyOf(row.schema, row.name), row]));
  return relations.map((relation) => {
    const { schema, name, indexes } = relation;
    const row = byKey.get(keyOf(schema, name));
    return {
      relation,
      exists: exists.has(keyOf(schema, name)),
      takenIndex: indexes.find((one) => exists.has(keyOf(schema, one))),
      owner: row?.pipeline,
      definitionHash: row?.hash,
      ddl: row?.ddl,
    };
  });
}

async function makeRelations(sql: ISql, { data }: SinkPipeline, relations: readonly Relation[]): Promise<void> {
  const hash = hashDefinition(data);
  const found = await findRelations(sql, relations);
  const problems = found.flatMap((one) => problemOf(one, data.name) ?? []);
  if (problems.length > 0) throw refusedTable(problems);
  await refuseOtherDefinitions(sql, data, hash, found);
  await sql`INSERT INTO tidemark.definitions (hash, definition) VALUES (${hash}, ${sql.json(data as never)}) ON CONFLICT DO NOTHING`;
  for (const { relation, exists, ddl } of found) {
    const { schema, name, kind } = relation;
    await createSchema(sql, schema);
    if (!exists || (kind === "view" && ddl !== relation.ddl)) await sql.unsafe(relation.ddl);
    await sql`
      INSERT INTO tidemark.tables (schema_name, table_name, pipeline, definition_hash, ddl)
      VALUES (${schema}, ${name}, ${data.name}, ${hash}, ${relation.ddl})
      ON CONFLICT (schema_name, table_name) DO UPDATE SET definition_hash = excluded.definition_hash, ddl = excluded.ddl`;
  }
}

function problemOf({ relation, exists, takenIndex, owner }: Found, pipeline: string): string | undefined {
  const { schema, name, kind } = relation;
  const advice = "give the pipeline's another name, or drop this one";
  if (owner !== undefined && owner !== pipeline && exists)
    return `The ${kind} ${schema}.${name} belongs to the pipeline ${owner}: ${advice}.`;
  if (exists && owner === undefined)
    return `The ${kind} ${schema}.${name} exists already, and is not Tidemark's: ${advice}.`;
  if (!exists && takenIndex !== undefined)
    return `The name ${schema}.${takenIndex} is needed for an index of ${name}, but taken: ${advice}.`;
  return undefined;
}

/** A view follows the definition while nothing has been written; a table does not. */
async function refuseOtherDefinitions(
  sql: ISql,
  data: SinkPipeline["data"],
  hash: string,
  found: readonly Found[],
): Promise<void> {
  const written = await sql<{ hash: string }[]>`
    SELECT definition_hash AS hash FROM tidemark.checkpoints
    WHERE pipeline = ${data.name} AND definition_hash <> ${hash} LIMIT 1`;
  const changed = found.find(
    ({ relation, exists, ddl }) => exists && relation.kind === "table" && ddl !== relation.ddl,
  );
  const other = written[0]?.hash ?? changed?.definitionHash;
  if (other === undefined) return;
  const [stored] = await sql<
    { definition: unknown }[]
  >`SELECT definition FROM tidemark.definitions WHERE hash = ${other}`;
  const differences = compareDefinitions(stored?.definition, JSON.parse(JSON.stringify(data)));
  if (differences.length > 0) throw refusedDefinition(data.name, differences);
  throw new SinkError(
    "old-database",
    "The pipeline's tables were made by another version of Tidemark: begin anew with another database.",
  );
}
