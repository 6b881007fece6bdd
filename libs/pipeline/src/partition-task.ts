import type { Checkpoint, Claim, Sink } from "@tidemark/sinks";
import type { PartitionTask, SourceBatch } from "@tidemark/sources";
import type { FoldedRows, PartitionFold } from "./partition-fold.js";

/** When a checkpoint is taken. */
export interface CheckpointPolicy {
  /** In a backlog: as many records make a checkpoint. */
  readonly maxRecords: number;
  /** In a backlog: no record waits longer than this, in ms. Live, a checkpoint is taken at once. */
  readonly lingerMs: number;
}

export const defaultPolicy: CheckpointPolicy = { maxRecords: 10_000, lingerMs: 200 };

/** What has been committed, said after each checkpoint. */
export interface Committed {
  readonly checkpoint: Checkpoint;
  /** How many records this checkpoint added. */
  readonly records: number;
  /** From the first try to the answer, waits for Postgres included. */
  readonly durationMs: number;
}

export interface CheckpointingTask extends PartitionTask {
  /** The log's end when last heard of. */
  readonly logEndOffset: number;
  /** One past the last offset that was taken in, committed or not. */
  readonly takenOffset: number;
}

export interface TaskOptions {
  readonly claim: Claim;
  readonly fold: PartitionFold;
  readonly sink: Sink;
  readonly logEndOffset: number;
  readonly policy?: CheckpointPolicy;
  /** Waited for before a batch is taken; rejects where it must not be. */
  readonly beforeBatch?: () => Promise<void>;
  /** Each batch's rows, before they are committed. */
  readonly onFolded?: (rows: FoldedRows) => void;
  readonly onCommitted: (committed: Committed) => void;
}

/**
 * The imperative shell around a partition's fold. One checkpoint is written at a time; while it commits, the next batches
 * are folded, up to one more checkpoint's worth: then `accept` waits.
 */
export function createPartitionTask(options: TaskOptions): CheckpointingTask {
  const { claim, fold, sink, policy = defaultPolicy, beforeBatch, onFolded, onCommitted } = options;
  let rows = sink.openBuffer(claim.partition);
  let committedOffset = claim.nextOffset;
  let logEndOffset = options.logEndOffset;
  let commit: Promise<void> | undefined;
  let linger: NodeJS.Timeout | undefined;
  let closed = false;
  let failure: { readonly error: unknown } | undefined;

  const failed = createSignal<unknown>();

  const isDue = () => fold.pending >= policy.maxRecords || fold.nextOffset >= logEndOffset;

  async function write(checkpoint: Checkpoint): Promise<void> {
    const written = rows;
    rows = sink.openBuffer(claim.partition);
    const beganMs = performance.now();
    await sink.commit(claim, committedOffset, checkpoint, written);
    const durationMs = performance.now() - beganMs;
    const records = checkpoint.nextOffset - committedOffset;
    committedOffset = checkpoint.nextOffset;
    onCommitted({ checkpoint, records, durationMs });
  }

  function begin(): void {
    clearTimeout(linger);
    linger = undefined;
    commit = commitNext();
  }

  async function commitNext(): Promise<void> {
    try {
      await write(fold.checkpoint());
    } catch (error) {
      failure = { error };
      failed.resolve(error);
    } finally {
      commit = undefined;
    }
    if (!closed) schedule();
  }

  function throwFailure(): void {
    if (failure !== undefined) throw failure.error;
  }

  /** Waits while one checkpoint is under way and another is full. */
  async function makeRoom(): Promise<void> {
    if (commit === undefined || failure !== undefined || fold.pending < policy.maxRecords) return;
    await commit;
    await makeRoom();
  }

  function schedule(): void {
    if (commit !== undefined || failure !== undefined || fold.pending === 0) return;
    if (isDue()) begin();
    else linger ??= setTimeout(begin, policy.lingerMs);
  }

  return {
    nextOffset: claim.nextOffset,
    failed: failed.promise,
    get logEndOffset() {
      return logEndOffset;
    },
    get takenOffset() {
      return fold.nextOffset;
    },

    async accept(batch: SourceBatch) {
      await beforeBatch?.();
      throwFailure();
      if (closed) return;
      logEndOffset = batch.logEndOffset;
      const folded = fold.take(batch);
      rows.add(folded);
      onFolded?.(folded);
      schedule();
      await makeRoom();
      throwFailure();
    },

    async close({ flush }) {
      closed = true;
      clearTimeout(linger);
      linger = undefined;
      if (!flush) return;
      await commit;
      if (failure === undefined && fold.pending > 0) {
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
