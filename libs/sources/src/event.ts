import type { HeldRecordsEvent } from "./held-records.js";

/** What the connection to Kafka tells. */
export type ConnectionEvent =
  | { readonly type: "waiting-for-topic"; readonly topic: string }
  /** The group was joined for the first time. */
  | { readonly type: "connected" }
  /** Kafka is away: told once, the source goes on trying. */
  | { readonly type: "disconnected"; readonly error: Error }
  /** The group has members that this source cannot share it with: told once, and waited for until their sessions must have ended. */
  | { readonly type: "group-in-use"; readonly error: Error }
  /** The group was joined again after a `disconnected`. */
  | { readonly type: "reconnected" };

export type SourceEvent =
  | ConnectionEvent
  | HeldRecordsEvent
  /** All partitions that are this source's now, after each rebalance. */
  | { readonly type: "assigned"; readonly partitions: readonly number[] }
  /** The partitions that went to others in a rebalance. */
  | { readonly type: "revoked"; readonly partitions: readonly number[] }
  | { readonly type: "claimed"; readonly partition: number; readonly nextOffset: number }
  /** The partition's task has been busy for longer than `maxStallMs`: no more is fetched for it. */
  | { readonly type: "paused"; readonly partition: number }
  | { readonly type: "resumed"; readonly partition: number }
  /** Somebody else owned the partition; it is claimed again. */
  | { readonly type: "fenced"; readonly partition: number }
  /** A claim or a task failed with a retryable error; the partition is claimed again. */
  | { readonly type: "retrying"; readonly partition: number; readonly error: Error }
  /** The offsets [from, to) have no records: deleted before they were read (lost), or never readable (skipped). */
  | {
      readonly type: "gap";
      readonly partition: number;
      readonly from: number;
      readonly to: number;
      readonly kind: "lost" | "skipped";
    }
  /**
   * The newest record that was read is no longer in the log (retention, compaction), so that nothing shows whether this is the
   * log that was read; reading goes on.
   */
  | { readonly type: "not-compared"; readonly partition: number; readonly offset: number }
  /** Tasks that had not let go when the time for stopping was over. */
  | { readonly type: "abandoned"; readonly partitions: readonly number[] }
  /** The source stops because of this; `done` rejects with it. */
  | { readonly type: "crashed"; readonly error: Error };
