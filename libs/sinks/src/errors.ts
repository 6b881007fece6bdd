import { describeEndpoint, type PostgresEndpoint } from "./address/endpoint.js";
import type { TakenId } from "./checkpoint.js";
import type { Difference } from "./definition.js";
import { formatDuration } from "./tables/format-duration.js";

/** What went wrong in the sink, as a literal: `switch` on it. */
export type SinkErrorCode =
  | "fenced"
  | "refused-group"
  | "refused-cluster"
  | "refused-definition"
  | "refused-table"
  | "old-database"
  | "inconsistent-state"
  | "invalid-address"
  | "refused-connection"
  | "wrong-server"
  | "replica-role"
  | "unmigrated"
  | "no-tables"
  | "unencodable"
  | "refused-rows"
  | "taken-ids"
  | "refused-rebuild"
  | "oversized-checkpoint"
  | "closed";

/** A row that Postgres refuses for what it holds. */
export interface RefusedRow {
  readonly offset: number;
  /** What Postgres says about it. */
  readonly reason: string;
  readonly constraint?: string;
  /** Whether another row has the same unique key. */
  readonly conflict: boolean;
}

export interface SinkErrorDetails {
  readonly cause?: unknown;
  readonly differences?: readonly Difference[];
  readonly rows?: readonly RefusedRow[];
  readonly taken?: readonly TakenId[];
}

export class SinkError extends Error {
  readonly code: SinkErrorCode;
  /** What the database holds and what was given, where the two differ. */
  readonly differences: readonly Difference[];
  /** The rows that Postgres refuses, where the code is `refused-rows`: at least one, in the order in which they were added. */
  readonly rows: readonly RefusedRow[];
  /** The ids that another partition has counted, where the code is `taken-ids`: at least one. */
  readonly taken: readonly TakenId[];

  constructor(code: SinkErrorCode, message: string, details: SinkErrorDetails = {}) {
    const { cause, differences = [], rows = [], taken = [] } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SinkError";
    this.code = code;
    this.differences = differences;
    this.rows = rows;
    this.taken = taken;
  }
}

export function fenced(topic: string, partition: number, epoch: number): SinkError {
  return new SinkError(
    "fenced",
    `${topic}[${partition}] is no longer owned by epoch ${epoch}: another consumer has claimed it, or this commit had already succeeded. Claim it again.`,
  );
}

/** Another partition has counted some of the checkpoint's ids. */
export function takenIds(topic: string, partition: number, taken: readonly TakenId[]): SinkError {
  const many = taken.length === 1 ? "an id" : `${taken.length} ids`;
  return new SinkError(
    "taken-ids",
    `Other partitions have counted ${many} of a checkpoint of ${topic}[${partition}]: their events are duplicates there.`,
    { taken },
  );
}

/** The tables of a topic were written by another group, or from another cluster. */
export function refusedIdentity(
  what: "group" | "cluster",
  { pipeline, topic }: { readonly pipeline: string; readonly topic: string },
  stored: string,
  given: string,
): SinkError {
  const [written, advice] = {
    group: ["by the consumer group", "Use that group"],
    cluster: ["from the Kafka cluster", "Read from that cluster"],
  }[what];
  return new SinkError(
    `refused-${what}`,
    `The tables of pipeline ${pipeline} and topic ${topic} were written ${written} ${stored}, not ${given}. ${advice}, or begin anew with another database.`,
    { differences: [{ path: what === "group" ? "group" : "clusterId", stored, given }] },
  );
}

const MOST_SHOWN = 3;

export function refusedDefinition(pipeline: string, differences: readonly Difference[]): SinkError {
  const shown = differences.slice(0, MOST_SHOWN).map(describeDifference);
  const more = differences.length - shown.length;
  return new SinkError(
    "refused-definition",
    `The tables of pipeline ${pipeline} were made with another definition (${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}). Use that definition, or rebuild the tables by this one.`,
    { differences },
  );
}

const NAMES_OF_TIMES: Readonly<Record<string, string>> = {
  watermarkDelayMs: "watermark.delay",
  allowedLatenessMs: "watermark.allowedLateness",
  maxFutureSkewMs: "watermark.maxFutureSkew",
};

/** Names a property and its durations as a person writes them in a definition. */
function describeDifference({ path, stored, given }: Difference): string {
  if (path === "tables.topicIds") return `idScope: stored ${scopeOf(stored)}, given ${scopeOf(given)}`;
  if (!path.endsWith("Ms")) return `${path}: stored ${show(stored)}, given ${show(given)}`;
  const duration = (value: unknown) => (Number.isSafeInteger(value) ? formatDuration(Number(value)) : show(value));
  const name = NAMES_OF_TIMES[path] ?? path.slice(0, -"Ms".length);
  return `${name}: stored ${duration(stored)}, given ${duration(given)}`;
}

const scopeOf = (topicIds: unknown) => (topicIds === undefined ? "partition" : "topic");

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** A table or view that this pipeline may not write: it exists already, or does not fit. */
export function refusedTable(problems: readonly string[]): SinkError {
  return new SinkError("refused-table", problems.join(" "));
}

export function oldDatabase(): SinkError {
  return new SinkError(
    "old-database",
    "The schema tidemark was made by another version of Tidemark, which this one cannot go on with: begin anew with another database, or drop that schema and its tables.",
  );
}

export function inconsistentState(
  place: { readonly pipeline: string; readonly topic: string; readonly partition: number },
  { path, stored, given }: Difference,
): SinkError {
  const { pipeline, topic, partition } = place;
  return new SinkError(
    "inconsistent-state",
    `The tables of pipeline ${pipeline} do not agree with the ledger of ${topic}[${partition}]: ${path} adds up to ${String(stored)} events, not ${String(given)}. Another program has written to them, or one that did not restore its windows: begin anew with another name or another database.`,
    { differences: [{ path, stored, given }] },
  );
}

export function invalidAddress(detail: string, cause?: unknown): SinkError {
  return new SinkError(
    "invalid-address",
    `The Postgres address ${detail}. It takes what libpq takes, such as postgresql://user:password@host:5432/database.`,
    { cause },
  );
}

/** Server and address do not go together: another try would end likewise. */
export function refusedConnection(
  endpoint: PostgresEndpoint,
  problem: string,
  cause?: unknown,
  code: "refused-connection" | "wrong-server" = "refused-connection",
): SinkError {
  return new SinkError(code, `The Postgres server at ${describeEndpoint(endpoint)} ${problem}.`, { cause });
}

/** A superuser has given the role, or its database, a setting that only superusers may change. */
export function replicaRole(role: string, database: string, cause: unknown): SinkError {
  return new SinkError(
    "replica-role",
    `The role ${role} has session_replication_role = replica in the database ${database}, which passes over triggers and foreign keys, and may not set it back. Take it away as a superuser: ALTER ROLE … RESET session_replication_role, or ALTER DATABASE … RESET session_replication_role.`,
    { cause },
  );
}

export function unmigrated(role: string, cause: unknown): SinkError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new SinkError(
    "unmigrated",
    `The database lacks tables of this pipeline or version, and role ${role} may not make or see them (${detail}). Migrate it as their owner, and grant this role its rights again (createRoles of @tidemark/sinks).`,
    { cause },
  );
}

/** The database is another one than was meant, or nobody has made the tables yet. */
export function noTables(pipeline: string, place: string): SinkError {
  return new SinkError(
    "no-tables",
    `The database at ${place} has no tables of pipeline ${pipeline}. Nothing was changed: check the address, or run the pipeline there first.`,
  );
}

export function unencodable(column: string, type: string, value: unknown): SinkError {
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value);
  return new SinkError("unencodable", `Column ${column} (${type}) cannot hold ${shown}.`);
}

export function refusedRows(topic: string, partition: number, rows: readonly RefusedRow[], cause: unknown): SinkError {
  const [first] = rows;
  return new SinkError(
    "refused-rows",
    `Postgres refuses ${rows.length} of the rows of ${topic}[${partition}], and nothing was written. The first has offset ${first?.offset}: ${first?.reason}`,
    { cause, rows },
  );
}

/** What stands in the way of a rebuild, a sentence each: nothing was changed. */
export function refusedRebuild(problems: readonly string[]): SinkError {
  return new SinkError("refused-rebuild", `${problems.join(" ")} Nothing was changed.`);
}

export function oversizedCheckpoint(topic: string, partition: number, cause: Error): SinkError {
  return new SinkError(
    "oversized-checkpoint",
    `Postgres did not take a checkpoint of ${topic}[${partition}] within its limits, and nothing was written (${cause.message}). A smaller one may pass.`,
    { cause },
  );
}

/** A column that a sink cannot write at all. */
export function unwritable(table: string, column: string, problem: string): SinkError {
  return new SinkError("unencodable", `Column ${column} of ${table} ${problem}.`);
}

/** What Postgres answers where a CHECK of the checkpoint row fails: a bug of ours, and nothing is written. */
export function brokenLedger(constraint: "ledger_read" | "ledger_offsets"): Error {
  const message = `new row for relation "checkpoints" violates check constraint "${constraint}"`;
  return Object.assign(new Error(message), { code: "23514", constraint });
}

export function sinkClosed(): SinkError {
  return new SinkError("closed", "The sink was closed while it waited for Postgres.");
}

export const UNANSWERED = "unanswered";

/** Not a SinkError: as with any broken connection, what was asked is asked again. */
export function unanswered(ms: number): Error {
  return Object.assign(new Error(`Postgres was silent for ${ms / 1000} s in a transaction`), { code: UNANSWERED });
}

/** Likewise. */
export function silentServer(ms: number): Error {
  return new Error(`Postgres has not answered for ${ms / 1000} s`);
}

/** Not a SinkError either: nothing was written, so it can be tried again. */
export function uncommitted(answer = "nothing"): Error {
  return new Error(`Postgres answered COMMIT with ${answer}: the transaction was rolled back`);
}
