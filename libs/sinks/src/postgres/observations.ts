import { escapeLiteral } from "pg";
import type { progress } from "../tables/tidemark.js";
import { runAtOnce, withConnection } from "./connection.js";

/** What a consumer observed of one of its partitions. */
export type ProgressObservation = Omit<typeof progress.$inferInsert, "at" | "pipeline" | "topic" | "consumer">;

export interface Observer {
  readonly databaseUrl: string;
  /** Its name. */
  readonly pipeline: string;
  readonly topic: string;
  /** Who observed. */
  readonly consumer: string;
}

const limits = { statementTimeoutMs: 5_000, lockTimeoutMs: 1_000, idleInTransactionTimeoutMs: 0 };

/**
 * Writes observations of one moment into `tidemark.progress`, at the time of Postgres's clock: those of consumers differ. Tries
 * once, and rejects with Postgres's own error; soon after `signal` aborts.
 */
export async function recordProgress(
  { databaseUrl, pipeline, topic, consumer }: Observer,
  observations: readonly ProgressObservation[],
  signal?: AbortSignal,
): Promise<void> {
  if (observations.length === 0) return;
  const rows = observations.map((one) => {
    const figures = [one.seconds, one.records, one.checkpoints, one.checkpoint_ms_sum, one.checkpoint_ms_max];
    const texts = [pipeline, topic, consumer].map(escapeLiteral);
    return `(now(), ${texts.join(", ")}, ${[one.partition, ...figures, one.lag, one.pauses].join(", ")})`;
  });
  await runOnce(
    databaseUrl,
    `INSERT INTO tidemark.progress (at, pipeline, topic, consumer, partition, seconds, records, checkpoints, checkpoint_ms_sum,
       checkpoint_ms_max, lag, pauses) VALUES ${rows.join(", ")}`,
    signal,
  );
}

/** Deletes the observations of the pipeline and topic that are older than so many days. As `recordProgress`. */
export async function forgetProgress(
  { databaseUrl, pipeline, topic }: Pick<Observer, "databaseUrl" | "pipeline" | "topic">,
  days: number,
  signal?: AbortSignal,
): Promise<void> {
  const old = `pipeline = ${escapeLiteral(pipeline)} AND topic = ${escapeLiteral(topic)} AND at < now() - ${days} * interval '24 hours'`;
  await runOnce(databaseUrl, `DELETE FROM tidemark.progress WHERE ${old}`, signal);
}

async function runOnce(databaseUrl: string, statement: string, signal: AbortSignal | undefined): Promise<void> {
  await withConnection(databaseUrl, (client) => runAtOnce(client, limits, statement), { signal });
}
