import type { ClientBase } from "pg";
import type { Checkpoint, Claim } from "../checkpoint.js";
import { fenced, uncommitted } from "../errors.js";
import { begin } from "./begin.js";
import type { WriterLimits } from "./connection.js";
import { fly, type Statement } from "./flight.js";
import type { CopyRun } from "./row-buffer.js";
import type { WindowQuery } from "./window-statement.js";

/** A checkpoint in the form in which it is sent: made before the transaction begins, reused by each retry. */
export interface EncodedCheckpoint {
  readonly head: Checkpoint;
  readonly copies: readonly CopyRun[];
  /** Of rollups and tallies; undefined where none has rows. */
  readonly windows: WindowQuery | undefined;
}

/**
 * Parameters: pipeline, topic, partition, epoch and next offset of the claim; then the new next offset, watermark and highest event
 * time (epoch ms), the ledger, and the last record as JSON.
 */
export const compareAndSet = `UPDATE tidemark.checkpoints SET next_offset = $6,
  watermark = to_timestamp($7::float8 / 1000), max_event_time = to_timestamp($8::float8 / 1000),
  read = $9, counted = $10, duplicate = $11, late = $12, quarantined = $13, rejected = $14, refused = $15,
  skipped = $16, lost = $17, last_record = $18, updated_at = now()
  WHERE pipeline = $1 AND topic = $2 AND partition = $3 AND epoch = $4 AND next_offset = $5`;

const finiteOrNull = (ms: number) => (Number.isFinite(ms) ? ms : null);

/** Who commits, and on top of which offset. */
export interface Commit {
  readonly place: { readonly pipeline: string; readonly topic: string };
  readonly claim: Pick<Claim, "partition" | "epoch">;
  readonly expectedOffset: number;
}

/** Begins the transaction and makes sure of the claim. Throws SinkError `fenced`. */
export async function beginFenced(
  client: ClientBase,
  limits: WriterLimits,
  { place: { pipeline, topic }, claim, expectedOffset }: Commit,
  head: Checkpoint,
): Promise<void> {
  const { ledger } = head;
  const values = [
    pipeline,
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
    ledger.refused,
    ledger.skipped,
    ledger.lost,
    head.lastRecord === undefined ? null : JSON.stringify(head.lastRecord),
  ].map((value) => (value === null ? null : String(value)));
  const fence = await fly(client, [
    ...begin(client, limits),
    { name: "tidemark-compare-and-set", text: compareAndSet, values },
  ]);
  if (fence.at(-1) !== "UPDATE 1") throw fenced(topic, claim.partition, claim.epoch);
}

/**
 * The whole transaction, in two round trips. Its first statement is the fence, and nothing is sent before its answer: throws SinkError
 * `fenced` where it updates nothing. The rest goes at once, COMMIT too, which the server passes over after an error. Who is
 * stopped while it sends that holds the row until a successor's claim ends it: no time-out of the server's does. `before` is carried
 * out before the rows are written.
 */
export async function writeCheckpoint(
  client: ClientBase,
  limits: WriterLimits,
  commit: Commit,
  { head, copies, windows }: EncodedCheckpoint,
  onFencePassed: () => void = () => {},
  before: readonly Statement[] = [],
): Promise<void> {
  await beginFenced(client, limits, commit, head);
  onFencePassed();
  const rest: Statement[] = [...before];
  for (const { statement, chunks } of copies) rest.push({ text: statement, copied: chunks });
  if (windows !== undefined) rest.push(windows);
  const answers = await fly(client, [...rest, { text: "COMMIT" }]);
  // Postgres answers COMMIT of a transaction that has failed with ROLLBACK, and no error.
  if (answers.at(-1) !== "COMMIT") throw uncommitted(answers.at(-1));
}
