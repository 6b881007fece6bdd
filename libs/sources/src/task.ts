import type { SourceBatch } from "./batch.js";
import type { RecordFingerprint } from "./fingerprint.js";

/** What a claimed partition's records go to. Its owner (a database) knows how far it is. */
export interface PartitionTask {
  /** Where to read from, as it stood at the claim. */
  readonly nextOffset: number;
  /**
   * The newest record below `nextOffset` that was read. The source compares it with the log before it gives the task anything,
   * and ends with `log-replaced` where another record has its offset. Undefined: nothing is compared.
   */
  readonly lastRecord?: RecordFingerprint | undefined;
  /**
   * Takes a batch that begins at the task's position. When the promise resolves the task can take another; until then none
   * comes (back-pressure). While the owner cannot be reached it stays pending. An error with code "fenced" (somebody else
   * owns the partition) or `retryable: true` makes the source drop the task and claim again; any other ends the source.
   */
  accept(batch: SourceBatch): Promise<void>;
  /**
   * The partition was revoked or lost, or the source stops. Lets go; with `flush` what was accepted may be committed first.
   * Comes once, perhaps while an `accept` is pending, whose outcome no longer matters then. Must not throw.
   */
  close(options: { readonly flush: boolean }): Promise<void>;
  /**
   * For a task that commits after `accept` has resolved: resolves with the error that it failed by, which counts as if
   * `accept` had rejected with it. Without it a quiet partition would not notice that it was fenced.
   */
  readonly failed?: Promise<unknown>;
}

/** What the log holds, read after the assignment and before the claim. */
export interface ClaimContext {
  readonly logStartOffset: number;
  /** What can be read by now; a former owner that still commits may be beyond it before the claim is through. */
  readonly logEndOffset: number;
}

/**
 * Claims a partition from the owner. An error with `retryable: true` or code "fenced" is tried again; any other ends the
 * source.
 */
export type Claim = (partition: number, context: ClaimContext) => Promise<PartitionTask>;
