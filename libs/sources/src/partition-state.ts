import type { RecordFingerprint } from "./fingerprint.js";
import type { FetchedBatch, PartitionOffsets } from "./kafka-port.js";
import type { SourceEvent } from "./event.js";
import type { OnLost } from "./options.js";
import type { Position } from "./position.js";
import type { SourceRecord } from "./batch.js";

/**
 * The life of one partition within a source. `step` in partition-step.ts is the only function that
 * changes the state; partition.ts carries out the effects and turns their results into inputs.
 *
 * - `unassigned`: the partition belongs to another member of the group, and nothing is in progress.
 * - `claiming`: the partition is assigned, and its owner is asked for a task (after a back-off, if
 *   earlier attempts failed). The client fetches nothing of the partition.
 * - `idle`: a task has the partition and waits for the next batch.
 * - `checking`: a task has the partition, and the log's offsets are being read: because a fetched
 *   batch does not follow the position, because no batch came for a while, or because the task
 *   wants to read beyond the end that was known at its claim.
 * - `processing`: the task's `accept` is pending. The position is already behind that batch.
 * - `releasing`: a task is being closed, or a claim that is no longer wanted has not ended yet.
 *   Nothing is claimed before that has ended; `next` says what follows then.
 * - `stopped`: the source stops, and this partition has no task any more. This state is final.
 *
 * The normal course is unassigned -> claiming -> idle -> processing -> idle. A batch that does not
 * follow the position goes idle -> checking -> processing or back to idle. When the task fails, or
 * records at the position are gone from the log, the partition goes to releasing and is claimed
 * again. When the partition is revoked it goes through releasing to unassigned, and when the source
 * stops, through releasing to stopped.
 *
 * The log may be replaced by another while nothing is fetched: before a claim, in an outage, while fetching is paused. So fetching
 * begins at the newest record that was read, and nothing is taken before that record was found unchanged.
 *
 * Invariants:
 * 1. At most one `accept` or offset read is pending for a task (`checking` and `processing`).
 * 2. At most one claim is in progress, and none before the former task has closed.
 * 3. The position of a task never falls.
 * 4. The client fetches the partition only while a task has it. When the source stops, the source
 *    pauses its partitions itself.
 */
export type PartitionState = Common &
  (
    | { readonly type: "unassigned" }
    | { readonly type: "claiming" }
    | ({ readonly type: "idle" } & Owned)
    | ({ readonly type: "checking"; readonly batch: FetchedBatch | undefined } & InFlight)
    | ({ readonly type: "processing" } & InFlight)
    | { readonly type: "releasing"; readonly next: AfterRelease }
    | { readonly type: "stopped" }
  );

export interface PartitionRules {
  readonly topic: string;
  readonly partition: number;
  readonly onLost: OnLost;
}

interface Common {
  readonly rules: PartitionRules;
  /** Number of claims so far. The results of a former claim's task carry a lower number. */
  readonly claim: number;
  /** Claims and tasks that failed in a row. */
  readonly failures: number;
}

/** The knowledge about a partition that a task has. */
export interface Owned {
  readonly position: Position;
  /** The newest record that was read. */
  readonly last: RecordFingerprint | undefined;
  /** Whether `last` is still to be compared with the log; `sought` if the client was sent there again meanwhile. */
  readonly comparison: "done" | "due" | "sought";
  /** The log's end in the newest answer. */
  readonly logEndOffset: number;
  /** Fetching was interrupted: retention may have passed the position, or the log may be another. */
  readonly isDoubtful: boolean;
  /** No batch came since the last probe. */
  readonly isQuiet: boolean;
  /** No batch came between the last two probes, nor since. */
  readonly wasQuiet: boolean;
  /** The task stalled, and has not processed a batch in time since. */
  readonly throttled: boolean;
}

interface InFlight extends Owned {
  /** `not-started`: the client was not told yet where the new task goes on. */
  readonly client: "fetching" | "paused" | "not-started";
}

/** `backoff` is the number of failures that the delay of the claim depends on. */
export type AfterRelease =
  { readonly type: "claim"; readonly backoff: number } | { readonly type: "unassigned" } | { readonly type: "stopped" };

export type PartitionInput =
  /** The group assigned the partition to this member, for the first time or again. */
  | { readonly type: "assigned" }
  | { readonly type: "revoked" }
  /** The claim in progress got a task. The offsets were read before it. */
  | ({
      readonly type: "claimed";
      readonly nextOffset: number;
      readonly lastRecord?: RecordFingerprint | undefined;
    } & Pick<PartitionOffsets, "start" | "end">)
  | { readonly type: "claim-failed"; readonly error: unknown }
  | { readonly type: "batch-fetched"; readonly batch: FetchedBatch }
  | ({ readonly type: "offsets-read"; readonly claim: number } & Pick<PartitionOffsets, "start" | "end">)
  | { readonly type: "accepted"; readonly claim: number }
  /** The task of this claim failed, or the offsets that were read for it. */
  | { readonly type: "failed"; readonly claim: number; readonly error: unknown }
  /** The work in flight takes longer than one partition may hold up the others. */
  | { readonly type: "stalled" }
  /** Comes at a regular interval. */
  | { readonly type: "probe" }
  /** The task has closed. */
  | { readonly type: "closed" }
  | { readonly type: "stop"; readonly flush: boolean };

export type PartitionEffect =
  | { readonly type: "pause-fetch" }
  /** The client fetches from this offset on. */
  | { readonly type: "resume-fetch"; readonly offset: number }
  /** The client may go on behind the batch in flight. */
  | { readonly type: "advance-client" }
  | { readonly type: "start-claim"; readonly claim: number; readonly backoff: number }
  /** Ends in `claimed` or `claim-failed`, as without it, but soon. */
  | { readonly type: "cancel-claim" }
  | { readonly type: "read-offsets"; readonly claim: number }
  | ({ readonly type: "accept"; readonly claim: number } & AcceptRange)
  /** Ends in `closed`. */
  | { readonly type: "close-task"; readonly flush: boolean }
  | { readonly type: "emit"; readonly event: SourceEvent }
  /** The source ends by this error. */
  | { readonly type: "fail"; readonly error: unknown };

/** The task is given the offsets from `position` to below `nextOffset`, of which the first `lost` are gone. */
export interface AcceptRange {
  readonly records: readonly SourceRecord[];
  readonly position: number;
  readonly nextOffset: number;
  readonly lost: number;
  readonly logEndOffset: number;
}

export interface PartitionStep {
  readonly state: PartitionState;
  readonly effects: readonly PartitionEffect[];
}

export type StateOf<T extends PartitionState["type"]> = Extract<PartitionState, { readonly type: T }>;
export type InputOf<T extends PartitionInput["type"]> = Extract<PartitionInput, { readonly type: T }>;
export type OwnedState = StateOf<"idle" | "checking" | "processing">;
export type InFlightState = StateOf<"checking" | "processing">;

export function isInFlight(state: PartitionState): state is InFlightState {
  return state.type === "checking" || state.type === "processing";
}
