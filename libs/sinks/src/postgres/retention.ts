import { escapeLiteral, type Client } from "pg";
import { sinkTables, type SinkPipeline } from "../sink-pipeline.js";
import { whileWatched } from "./backend-watch.js";
import { addressForWriting, runAtOnce, withConnection } from "./connection.js";
import { dayMs, dayOf } from "./day-partitions.js";
import { processIdOf } from "./flight.js";
import {
  rebuiltStatements,
  retentionStatements,
  type RetentionOutcome,
  type RetentionStatement,
} from "./retention-sql.js";

export interface RetentionOptions {
  readonly databaseUrl: string;
  readonly pipeline: SinkPipeline;
  /** Days of 24 hours that stay, counted back from the pipeline's lowest watermark. A positive integer. */
  readonly days: number;
  /** After so long without an answer, and without a sign that the server is at work, it rejects. In ms; default 10 minutes. */
  readonly silenceTimeoutMs?: number;
}

/** What went from one table. */
export interface DroppedRows {
  readonly table: string;
  readonly rows: number;
  /** Epoch ms, the start of a UTC day: rows before it went. */
  readonly beforeMs: number;
}

export interface RetentionRun {
  /** Of tables from which something went. */
  readonly dropped: readonly DroppedRows[];
  /** False: a table was in use, or another session was at it. Try again in a while. */
  readonly isDone: boolean;
}

// What writers wait for has shorter limits, in the functions themselves.
const limits = { statementTimeoutMs: 0, lockTimeoutMs: 1_000, idleInTransactionTimeoutMs: 0 };
const defaultSilenceTimeoutMs = 600_000;
// lock_not_available, serialization_failure, deadlock_detected
const busyStates = new Set(["55P03", "40001", "40P01"]);

/**
 * Drops raw, late and rejected rows, and the windows of the finest of several rollups, that lie more than `days` before the
 * lowest watermark of all its partitions that have one; whole UTC days, and nothing that an open window or a live id needs. Raw
 * rows and windows go by their own time, late and rejected rows by the watermark that stood when they came.
 *
 * Each table's rows go in one transaction with their note in `tidemark.retention`, or 50 days of them at a time, oldest first, so
 * that it may be killed anywhere, run anew, and run beside others. A writer waits for it 0.1 s at a time. Knows no clock.
 *
 * Throws RangeError where `days` is no positive integer, SinkError `invalid-address`; rejects with Postgres's own error, and
 * soon after `signal` aborts.
 */
export async function applyRetention(options: RetentionOptions, signal?: AbortSignal): Promise<RetentionRun> {
  const { pipeline, days } = options;
  if (!Number.isSafeInteger(days) || days < 1) throw new RangeError(`Retention takes a number of days, not ${days}.`);
  const statements = retentionStatements(pipeline, days, largestWindowMs(pipeline));
  const drop = async (client: Client): Promise<RetentionRun> => {
    const again = (await isRebuilt(client, pipeline)) ? rebuiltStatements(pipeline) : [];
    return runStatements(client, [...again, ...statements]);
  };
  return onWatchedConnection(options, drop, signal);
}

/**
 * Drops what a rebuild of some partitions has brought back of days that retention had dropped. `applyRetention` does so too. Rejects
 * as that does.
 */
export async function dropRebuilt(
  { databaseUrl, pipeline }: Omit<RetentionOptions, "days">,
  signal?: AbortSignal,
): Promise<RetentionRun> {
  const drop = async (client: Client): Promise<RetentionRun> =>
    runStatements(client, (await isRebuilt(client, pipeline)) ? rebuiltStatements(pipeline) : []);
  return onWatchedConnection({ databaseUrl }, drop, signal);
}

async function isRebuilt(client: Client, { data }: SinkPipeline): Promise<boolean> {
  const pipeline = escapeLiteral(data.name);
  const found = `SELECT 1 AS found FROM tidemark.retention WHERE pipeline = ${pipeline} AND rebuilt LIMIT 1`;
  return (await runAtOnce(client, limits, found)).length > 0;
}

async function runStatements(client: Client, statements: readonly RetentionStatement[]): Promise<RetentionRun> {
  const dropped: DroppedRows[] = [];
  let isDone = true;
  for (const { table, text } of statements) {
    let outcome: RetentionOutcome | undefined;
    let rows = 0;
    let beforeMs: number | null = null;
    do {
      outcome = await dropWhereFree(client, text);
      rows += outcome?.dropped ?? 0;
      beforeMs = outcome?.boundary_ms ?? beforeMs;
    } while (outcome?.has_more === true);
    isDone &&= outcome?.is_ours === true;
    if (beforeMs !== null && rows > 0) dropped.push({ table, rows, beforeMs });
  }
  return { dropped, isDone };
}

/** Runs `work` on a connection of its own for as long as it takes, unless the network has lost that without a word. */
function onWatchedConnection<T>(
  {
    databaseUrl,
    silenceTimeoutMs = defaultSilenceTimeoutMs,
  }: Pick<RetentionOptions, "databaseUrl" | "silenceTimeoutMs">,
  work: (client: Client) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const address = addressForWriting(databaseUrl);
  const watched = (client: Client): Promise<T> =>
    whileWatched({ address, pid: () => processIdOf(client) ?? 0, silenceTimeoutMs }, () => work(client));
  return withConnection(address, watched, { timeoutMs: 0, signal });
}

/**
 * The day (since 1970-01-01) that a partition with this watermark bounds what may go by, where no lateness is allowed:
 * retention is due again when it moves.
 */
export function retentionDay({ pipeline, days }: Omit<RetentionOptions, "databaseUrl">, watermarkMs: number): number {
  return dayOf(watermarkMs - Math.max(days * dayMs, largestWindowMs(pipeline)));
}

function largestWindowMs(pipeline: SinkPipeline): number {
  return Math.max(0, ...sinkTables(pipeline).rollups.map(({ definition }) => definition.window.sizeMs));
}

/** Undefined: what it needs is in use. */
async function dropWhereFree(client: Client, text: string): Promise<RetentionOutcome | undefined> {
  try {
    return (await runAtOnce<RetentionOutcome>(client, limits, text))[0];
  } catch (error) {
    if (error instanceof Error && "code" in error && busyStates.has(String(error.code))) return undefined;
    throw error;
  }
}
