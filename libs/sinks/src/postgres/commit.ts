import type pg from "pg";
import type { Checkpoint, Claim } from "../checkpoint.js";
import type { CopyEncoder } from "../copy/copy-encoder.js";
import { fenced } from "../errors.js";
import { copyIn } from "./connection.js";
import type { RollupSql } from "./rollup-sql.js";

/** A checkpoint in the form in which it is sent: made before the transaction begins, reused by each retry. */
export interface EncodedCheckpoint {
  readonly head: Pick<Checkpoint, "nextOffset" | "watermarkMs" | "maxEventTimeMs" | "ledger">;
  readonly copies: readonly { readonly statement: string; readonly bytes: Uint8Array }[];
  readonly upserts: readonly { readonly text: string; readonly values: readonly unknown[] }[];
}

export interface CheckpointEncoders {
  readonly raw: CopyEncoder;
  readonly late: CopyEncoder;
  readonly rejected: CopyEncoder;
  readonly rollups: ReadonlyMap<string, RollupSql>;
}

/** Throws SinkError `unencodable` where a value doesn't fit its column. */
export function encodeCheckpoint(
  encoders: CheckpointEncoders,
  topic: string,
  partition: number,
  checkpoint: Checkpoint,
): EncodedCheckpoint {
  const constants = { topic, partition };
  const copies = (
    [
      [encoders.raw, checkpoint.rows],
      [encoders.late, checkpoint.late],
      [encoders.rejected, checkpoint.rejected],
    ] as const
  )
    .filter(([, rows]) => rows.length > 0)
    .map(([encoder, rows]) => ({ statement: encoder.statement, bytes: encoder.encode(rows, constants) }));
  const upserts = checkpoint.changed.flatMap(({ rollup, rows }) => {
    const sql = encoders.rollups.get(rollup);
    if (sql === undefined) throw new Error(`The checkpoint holds rows of ${rollup}, which this sink doesn't write.`);
    return rows.length === 0 ? [] : [{ text: sql.upsert, values: sql.toParameters(topic, partition, rows) }];
  });
  // The rows themselves are let go: what waits for Postgres is held as bytes alone.
  const { nextOffset, watermarkMs, maxEventTimeMs, ledger } = checkpoint;
  return { head: { nextOffset, watermarkMs, maxEventTimeMs, ledger }, copies, upserts };
}

const compareAndSet = `UPDATE tidemark.checkpoints SET next_offset = $5,
  watermark = to_timestamp($6::float8 / 1000), max_event_time = to_timestamp($7::float8 / 1000),
  read = $8, counted = $9, duplicate = $10, late = $11, quarantined = $12, rejected = $13, skipped = $14, lost = $15,
  updated_at = now()
  WHERE topic = $1 AND partition = $2 AND epoch = $3 AND next_offset = $4`;

const finiteOrNull = (ms: number) => (Number.isFinite(ms) ? ms : null);

/** The body of the transaction. Its first statement is the fence: throws SinkError `fenced` where it updates nothing. */
export async function writeCheckpoint(
  client: pg.PoolClient,
  topic: string,
  claim: Pick<Claim, "partition" | "epoch">,
  expectedOffset: number,
  { head, copies, upserts }: EncodedCheckpoint,
): Promise<void> {
  const { ledger } = head;
  const { rowCount } = await client.query({
    name: "tidemark-compare-and-set",
    text: compareAndSet,
    values: [
      topic,
      claim.partition,
      claim.epoch,
      expectedOffset,
      head.nextOffset,
      finiteOrNull(head.watermarkMs),
      finiteOrNull(head.maxEventTimeMs),
      ledger.read,
      ledger.counted,
      ledger.duplicate,
      ledger.late,
      ledger.quarantined,
      ledger.rejected,
      ledger.skipped,
      ledger.lost,
    ],
  });
  if (rowCount !== 1) throw fenced(topic, claim.partition, claim.epoch);
  for (const { statement, bytes } of copies) await copyIn(client, statement, bytes);
  for (const { text, values } of upserts) await client.query(text, [...values]);
}
