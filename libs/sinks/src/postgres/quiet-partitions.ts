import { escapeLiteral } from "pg";
import { sinkTables, type SinkPipeline } from "../sink-pipeline.js";
import { runAtOnce, withConnection } from "./connection.js";

/** A partition that its consumer has seen to be fully read, at this offset of this claim. */
export interface QuietPartition {
  readonly partition: number;
  readonly epoch: number;
  readonly nextOffset: number;
  /** For how long no record has come, in ms by a clock that is never set. */
  readonly quietMs: number;
}

export interface QuietOptions {
  readonly databaseUrl: string;
  readonly pipeline: SinkPipeline;
  readonly topic: string;
}

export interface QuietObservation {
  readonly quiet: readonly QuietPartition[];
  /** When the log was asked where it ends, by `performance.now()`: it may have taken long to get here. */
  readonly askedMs: number;
}

/** Some seconds without an answer: what was seen of the log is worth little by then. */
const limits = { statementTimeoutMs: 5_000, lockTimeoutMs: 1_000, idleInTransactionTimeoutMs: 0 };

/**
 * Notes which partitions are quiet now, and passes them over for the next 15 s at most: moves on up to when windows are shown as
 * closed. A partition whose checkpoint has another epoch or offset by then holds back as ever. To be called again every few seconds.
 *
 * Where some partitions are quiet, windows are closed by the lowest watermark of the others. Where all are, by the highest watermark
 * and the time that has passed since, up to the end of the largest window that holds the newest event.
 *
 * Resolves to the time up to which windows are shown as closed, in epoch ms; undefined where no partition was ever passed over. Tries
 * once, and rejects with Postgres's own error; soon after `signal` aborts.
 */
export async function recordQuiet(
  { databaseUrl, pipeline, topic }: QuietOptions,
  { quiet, askedMs }: QuietObservation,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const place = [pipeline.data.name, topic].map(escapeLiteral).join(", ");
  const largestMs = Math.max(1, ...sinkTables(pipeline).rollups.map(({ definition }) => definition.window.sizeMs));
  const statements = () => [
    ...(quiet.length === 0 ? [] : [noteStatement(place, quiet, performance.now() - askedMs)]),
    advanceStatement(place, largestMs, pipeline.data.allowedLatenessMs),
    `SELECT (extract(epoch FROM closed_to) * 1000)::float8 AS closed_ms FROM tidemark.closed_windows WHERE (pipeline, topic) = (${place})`,
  ];
  const rows = await withConnection(
    databaseUrl,
    (client) => runAtOnce<{ closed_ms: number }>(client, limits, statements().join(";\n")),
    { signal },
  );
  return rows[0]?.closed_ms;
}

function noteStatement(place: string, quiet: readonly QuietPartition[], ageMs: number): string {
  const rows = quiet.map(({ partition, epoch, nextOffset, quietMs }) =>
    [
      place,
      partition,
      epoch,
      nextOffset,
      Math.floor(quietMs),
      `now() - ${Math.ceil(ageMs)} * interval '1 millisecond'`,
    ].join(", "),
  );
  // A claim that has been lost since says nothing any more.
  return `INSERT INTO tidemark.quiet_partitions AS q (pipeline, topic, partition, epoch, next_offset, quiet_ms, observed_at)
    VALUES ${rows.map((row) => `(${row})`).join(", ")}
    ON CONFLICT (pipeline, topic, partition) DO UPDATE SET epoch = excluded.epoch, next_offset = excluded.next_offset,
      quiet_ms = excluded.quiet_ms, observed_at = excluded.observed_at WHERE q.epoch <= excluded.epoch`;
}

const ms = (amount: string | number) => `${amount} * interval '1 millisecond'`;

function advanceStatement(place: string, largestMs: number, allowedLatenessMs: number): string {
  const largest = `(${ms(largestMs)})`;
  return `INSERT INTO tidemark.closed_windows AS k (pipeline, topic, closed_to)
    SELECT ${place}, bound FROM (
      SELECT CASE
        WHEN bool_and(is_quiet) THEN least(max(watermark) + ${ms("min(quiet_ms)")},
          date_bin(${largest}, max(max_event_time), timestamptz 'epoch') + ${largest} + ${ms(allowedLatenessMs)})
        WHEN bool_and(is_quiet OR watermark IS NOT NULL) THEN min(watermark) FILTER (WHERE NOT is_quiet)
      END AS bound
      FROM tidemark.partition_states WHERE (pipeline, topic) = (${place}) HAVING bool_or(is_quiet)) AS open
    WHERE bound IS NOT NULL
    ON CONFLICT (pipeline, topic) DO UPDATE SET closed_to = excluded.closed_to, updated_at = now() WHERE k.closed_to < excluded.closed_to`;
}
