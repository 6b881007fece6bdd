import {
  SinkError,
  type Checkpoint,
  type Claim,
  type RefusedRow,
  type RowBuffer,
  type Sink,
  type TakenId,
} from "@tidemark/sinks";
import type { PartitionTask, SourceBatch } from "@tidemark/sources";
import { BatchParts } from "./batch-parts.js";
import type { CheckpointExtent, CheckpointLimit } from "./checkpoint-limit.js";
import { CheckpointPace } from "./checkpoint-pace.js";
import { createCheckpointLimit, defaultPolicy, type CheckpointPolicy } from "./checkpoint-policy.js";
import { CommitTurns } from "./commit-turns.js";
import { dividedCheckpoint, refusedCheckpoint, takenCheckpoint } from "./errors.js";
import type { IdLookups } from "./id-lookups.js";
import { MemoryBudget } from "./memory-budget.js";
import { NONE_TAKEN, type DecodedBatch, type PartitionProcessor, type ProcessedRows } from "./partition-processor.js";
import type { PartitionReach } from "./pipeline-event.js";
import { createSignal } from "./signal.js";
import { windowBytes } from "./window-bytes.js";
import type { Committed, WriteAttempt } from "./write-attempt.js";

/** So long a look-up of ids is waited for before the batch is copied, which keeps more in memory than its records. */
const PATIENCE_MS = 1_000;

export interface CheckpointingTask extends PartitionTask, PartitionReach {}

export interface TaskOptions {
  readonly claim: Claim;
  readonly processor: PartitionProcessor;
  readonly sink: Sink;
  readonly logEndOffset: number;
  readonly policy?: CheckpointPolicy;
  /** How large checkpoints of the partition may be: what its earlier tasks have learned. */
  readonly limit?: CheckpointLimit;
  /** Shared by all partitions; default: one of its own. */
  readonly pace?: CheckpointPace;
  /** Whether ids are looked up first: what the partition's earlier tasks have learned; default: always. */
  readonly idLookups?: IdLookups;
  /** Shared by all partitions; default: not limited. */
  readonly memory?: MemoryBudget | undefined;
  readonly turns?: CommitTurns | undefined;
  /** Awaited before a batch is processed; rejects where it must not be. */
  readonly beforeBatch?: () => Promise<void>;
  /** Each batch's rows, before they are committed. */
  readonly onProcessed?: (rows: ProcessedRows) => void;
  readonly onCommitted: (committed: Committed) => void;
  /** A try to write a checkpoint begins, the first of it or another. */
  readonly onAttempt?: (attempt: WriteAttempt) => void;
  /** A checkpoint was too large for a limit of the database; the task fails, so that its partition is claimed again. */
  readonly onDivided?: (extent: CheckpointExtent, error: SinkError) => void;
  /** Constraints of the database refused these rows; the task fails, so that its partition is claimed again. */
  readonly onRefused?: (rows: readonly RefusedRow[]) => void;
  /** Other partitions have counted ids of a checkpoint, which is processed again: their events are duplicates. */
  readonly onTaken?: (ids: readonly TakenId[]) => void;
}

/** The rows of a checkpoint in the making, and what they were made of. */
interface Draft {
  readonly buffer: RowBuffer;
  /** Of events, late and rejected ones. */
  rows: number;
  records: number;
  /** Of the records' values. */
  bytes: number;
  /** The share of the memory budget that it has taken. */
  heldBytes: number;
}

/**
 * The imperative shell around a partition's processor. One checkpoint is written at a time; while it commits, the next
 * batches are processed, up to one more checkpoint's worth: then `accept` waits. It also waits where the memory of all
 * partitions is used up; what it holds is committed then, and so is what others hold.
 */
export function createPartitionTask(options: TaskOptions): CheckpointingTask {
  const {
    claim,
    processor,
    sink,
    policy = defaultPolicy,
    beforeBatch,
    onProcessed,
    onCommitted,
    onRefused,
    onTaken,
  } = options;
  const { limit = createCheckpointLimit(policy), memory = new MemoryBudget(Infinity), onAttempt, onDivided } = options;
  const { pace = new CheckpointPace(policy.lingerMs), idLookups, turns = new CommitTurns(Infinity) } = options;
  let draft = openDraft();
  let committedOffset = claim.nextOffset;
  let logEndOffset = options.logEndOffset;
  let commit: Promise<void> | undefined;
  /** While the draft waits for more. */
  let stopGathering: (() => void) | undefined;
  const closing = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  const failed = createSignal<unknown>();

  /** What may still be gathered for the draft. */
  const leftOver = () => {
    const most = commit === undefined ? limit : limit.ahead;
    return { records: most.records - draft.records, bytes: most.bytes - draft.bytes };
  };
  const isFull = () => {
    const { records, bytes } = leftOver();
    return records <= 0 || bytes <= 0 || processor.pending >= policy.maxRecords || draft.buffer.isFull;
  };
  const isDue = () => isFull() || memory.isShort || processor.nextOffset >= logEndOffset;

  function openDraft(): Draft {
    return { buffer: sink.openBuffer(claim.partition), rows: 0, records: 0, bytes: 0, heldBytes: 0 };
  }

  /** The draft takes so many bytes, and not what was thought. */
  function hold(of: Draft, bytes: number): void {
    const more = bytes - of.heldBytes;
    of.heldBytes = bytes;
    memory.adjustRows(more);
  }

  async function write(checkpoint: Checkpoint): Promise<void> {
    const written = draft;
    draft = openDraft();
    hold(written, written.heldBytes + windowBytes(checkpoint));
    const { records, bytes } = written;
    const beganMs = performance.now();
    let attempt = 0;
    let attemptedMs = beganMs;
    try {
      await sink.commit(claim, committedOffset, checkpoint, written.buffer, {
        isDivisible: records > 1,
        onAttempt({ sentBytes }) {
          attempt += 1;
          attemptedMs = performance.now();
          onAttempt?.({ attempt, records, bytes, sentBytes });
        },
      });
    } catch (error) {
      throw reprocessing(error, written);
    } finally {
      hold(written, 0);
    }
    const endedMs = performance.now();
    limit.onCommitted(written, endedMs - attemptedMs);
    const offsets = checkpoint.nextOffset - committedOffset;
    committedOffset = checkpoint.nextOffset;
    onCommitted({ checkpoint, records: offsets, rows: written.rows, durationMs: endedMs - beganMs });
  }

  function begin(): void {
    endGathering();
    commit = commitNext();
  }

  function endGathering(): void {
    stopGathering?.();
    stopGathering = undefined;
  }

  async function commitNext(): Promise<void> {
    try {
      await turns.run(() => write(processor.checkpoint()));
    } catch (error) {
      failure = { error };
      failed.resolve(error);
    } finally {
      commit = undefined;
    }
    if (!closing.signal.aborted) schedule();
  }

  function reprocessing(error: unknown, written: Draft): unknown {
    if (!(error instanceof SinkError)) return error;
    switch (error.code) {
      case "refused-rows":
        onRefused?.(error.rows);
        return refusedCheckpoint(error.rows.length, error);
      case "taken-ids":
        idLookups?.onRefused();
        onTaken?.(error.taken);
        return takenCheckpoint(error.taken.length, error);
      case "oversized-checkpoint":
        limit.onOversized(written);
        onDivided?.(written, error);
        return dividedCheckpoint(written.records, error);
      default:
        return error;
    }
  }

  function throwFailure(): void {
    if (failure !== undefined) throw failure.error;
  }

  /** Waits while one checkpoint is under way and another is full. */
  async function makeRoom(parts: BatchParts): Promise<void> {
    if (commit === undefined || failure !== undefined || !isFull()) return;
    parts.detach();
    await commit;
    await makeRoom(parts);
  }

  /** Takes memory for the rows of the next part; resolves to how much it has got. */
  async function takeMemory(bytes: number, parts: BatchParts): Promise<number> {
    if (memory.tryTakeRows(bytes)) return bytes;
    parts.detach();
    const taken = memory.takeRows(bytes, closing.signal);
    schedule();
    return (await taken) ? bytes : 0;
  }

  /**
   * Looks up which ids of the part other partitions have counted, where they are unique over all. Resolves to undefined, and gives
   * the memory back, where the task has ended meanwhile.
   */
  async function findTaken(ids: readonly (string | null)[], takenBytes: number, parts: BatchParts) {
    // Short of an outage the answer comes sooner than what is left could be copied.
    const patience = setTimeout(() => parts.detach(), PATIENCE_MS);
    let isGoingOn = false;
    try {
      const taken = await sink.findTaken(claim.partition, ids);
      throwFailure();
      if (closing.signal.aborted) return undefined;
      isGoingOn = true;
      idLookups?.onLookedUp(ids.length, taken.size > 0);
      return taken;
    } finally {
      clearTimeout(patience);
      if (!isGoingOn) memory.adjustRows(-takenBytes);
    }
  }

  function process(decoded: DecodedBatch, taken: ReadonlyMap<number, number>, bytes: number, takenBytes: number): void {
    const part = decoded.batch;
    draft.heldBytes += takenBytes;
    const processed = processor.judge(decoded, taken);
    const { buffer } = draft;
    buffer.add(processed);
    draft.rows += processed.rows.length + processed.late.length + processed.rejected.length;
    draft.records += part.records.length;
    draft.bytes += bytes;
    hold(draft, buffer.bytes);
    onProcessed?.(processed);
  }

  function schedule(): void {
    if (commit !== undefined || failure !== undefined || processor.pending === 0) return;
    if (isDue()) begin();
    else stopGathering ??= pace.gather(begin);
  }

  async function takeIn(parts: BatchParts, end: number): Promise<void> {
    await beforeBatch?.();
    throwFailure();
    if (closing.signal.aborted) return;
    logEndOffset = end;
    while (!parts.isDone) {
      const bytes = parts.measureNext(leftOver());
      const takenBytes = await takeMemory(bytes, parts);
      if (failure !== undefined || closing.signal.aborted) memory.adjustRows(-takenBytes);
      throwFailure();
      if (closing.signal.aborted) return;
      const decoded = processor.decode(parts.next());
      const ids = idLookups?.areDue !== false ? processor.idsOf(decoded) : [];
      const taken = ids.length === 0 ? NONE_TAKEN : await findTaken(ids, takenBytes, parts);
      if (taken === undefined) return;
      process(decoded, taken, bytes, takenBytes);
      if (isFull()) schedule();
      await makeRoom(parts);
      throwFailure();
      if (closing.signal.aborted) return;
    }
    schedule();
  }

  return {
    nextOffset: claim.nextOffset,
    lastRecord: claim.lastRecord,
    failed: failed.promise,
    get logEndOffset() {
      return logEndOffset;
    },
    get takenOffset() {
      return processor.nextOffset;
    },

    // Not async: it would keep the batch for as long as it waits.
    accept: (batch: SourceBatch) => takeIn(new BatchParts(batch, processor.nextOffset), batch.logEndOffset),

    async close({ flush }) {
      closing.abort();
      endGathering();
      if (flush) {
        await commit;
        if (failure === undefined && processor.pending > 0) {
          begin();
          await commit;
        }
      }
      hold(draft, 0);
    },
  };
}
