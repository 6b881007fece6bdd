import { SinkError, type Checkpoint, type Claim, type RefusedRow, type Sink } from "@tidemark/sinks";
import type { PartitionTask, SourceBatch } from "@tidemark/sources";
import { partsOf } from "./batch-parts.js";
import { ReprocessError } from "./errors.js";
import type { PartitionProcessor, ProcessedRows } from "./partition-processor.js";
import type { PartitionReach } from "./pipeline-event.js";

/** When a checkpoint is taken. */
export interface CheckpointPolicy {
  /** In a backlog: as many records make a checkpoint. */
  readonly maxRecords: number;
  /** In a backlog: no record waits longer than this, in ms. Live, a checkpoint is taken at once. */
  readonly lingerMs: number;
}

export const defaultPolicy: CheckpointPolicy = { maxRecords: 10_000, lingerMs: 200 };

/** A checkpoint that is in the tables. */
export interface Committed {
  readonly checkpoint: Checkpoint;
  /** How many offsets this checkpoint added. */
  readonly records: number;
  /** How many rows it wrote: of events, late and rejected ones; windows not counted. */
  readonly rows: number;
  /** From the first try to the answer, waits for Postgres included. */
  readonly durationMs: number;
}

export interface CheckpointingTask extends PartitionTask, PartitionReach {}

export interface TaskOptions {
  readonly claim: Claim;
  readonly processor: PartitionProcessor;
  readonly sink: Sink;
  readonly logEndOffset: number;
  readonly policy?: CheckpointPolicy;
  /** Awaited before a batch is processed; rejects where it must not be. */
  readonly beforeBatch?: () => Promise<void>;
  /** Each batch's rows, before they are committed. */
  readonly onProcessed?: (rows: ProcessedRows) => void;
  readonly onCommitted: (committed: Committed) => void;
  /** Constraints of the database refused these rows; the task fails, so that its partition is claimed again. */
  readonly onRefused?: (rows: readonly RefusedRow[]) => void;
}

/**
 * The imperative shell around a partition's processor. One checkpoint is written at a time; while it commits, the next
 * batches are processed, up to one more checkpoint's worth: then `accept` waits.
 */
export function createPartitionTask(options: TaskOptions): CheckpointingTask {
  const { claim, processor, sink, policy = defaultPolicy, beforeBatch, onProcessed, onCommitted, onRefused } = options;
  let buffer = sink.openBuffer(claim.partition);
  let rows = 0;
  let committedOffset = claim.nextOffset;
  let logEndOffset = options.logEndOffset;
  let commit: Promise<void> | undefined;
  let linger: NodeJS.Timeout | undefined;
  let closed = false;
  let failure: { readonly error: unknown } | undefined;

  const failed = createSignal<unknown>();

  const isFull = () => processor.pending >= policy.maxRecords || buffer.isFull;
  const isDue = () => isFull() || processor.nextOffset >= logEndOffset;

  async function write(checkpoint: Checkpoint): Promise<void> {
    const [written, rowsWritten] = [buffer, rows];
    buffer = sink.openBuffer(claim.partition);
    rows = 0;
    const beganMs = performance.now();
    await sink.commit(claim, committedOffset, checkpoint, written);
    const durationMs = performance.now() - beganMs;
    const records = checkpoint.nextOffset - committedOffset;
    committedOffset = checkpoint.nextOffset;
    onCommitted({ checkpoint, records, rows: rowsWritten, durationMs });
  }

  function begin(): void {
    clearTimeout(linger);
    linger = undefined;
    commit = commitNext();
  }

  async function commitNext(): Promise<void> {
    try {
      await write(processor.checkpoint());
    } catch (error) {
      failure = { error: reprocessing(error) };
      failed.resolve(failure.error);
    } finally {
      commit = undefined;
    }
    if (!closed) schedule();
  }

  function reprocessing(error: unknown): unknown {
    if (!(error instanceof SinkError) || error.code !== "refused-rows") return error;
    onRefused?.(error.rows);
    return new ReprocessError(error.rows.length, error);
  }

  function throwFailure(): void {
    if (failure !== undefined) throw failure.error;
  }

  /** Waits while one checkpoint is under way and another is full. */
  async function makeRoom(): Promise<void> {
    if (commit === undefined || failure !== undefined || !isFull()) return;
    await commit;
    await makeRoom();
  }

  function schedule(): void {
    if (commit !== undefined || failure !== undefined || processor.pending === 0) return;
    if (isDue()) begin();
    else linger ??= setTimeout(begin, policy.lingerMs);
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

    async accept(batch: SourceBatch) {
      await beforeBatch?.();
      throwFailure();
      if (closed) return;
      logEndOffset = batch.logEndOffset;
      for (const part of partsOf(batch, processor.nextOffset)) {
        const processed = processor.process(part);
        buffer.add(processed);
        rows += processed.rows.length + processed.late.length + processed.rejected.length;
        onProcessed?.(processed);
        if (isFull()) schedule();
        await makeRoom();
        throwFailure();
        if (closed) return;
      }
      schedule();
    },

    async close({ flush }) {
      closed = true;
      clearTimeout(linger);
      linger = undefined;
      if (!flush) return;
      await commit;
      if (failure === undefined && processor.pending > 0) {
        begin();
        await commit;
      }
    },
  };
}

interface Signal<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

function createSignal<T>(): Signal<T> {
  let settle: ((value: T) => void) | undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle?.(value) };
}
