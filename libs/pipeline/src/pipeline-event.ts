import type { Blocker, Checkpoint, Claim, DroppedRows, RefusedRow } from "@tidemark/sinks";
import type { HeldRecords, SourceEvent } from "@tidemark/sources";
import type { ProcessedRows } from "./partition-processor.js";
import type { WatermarkLead } from "./watermark-lead.js";
import type { WriteAttempt } from "./write-attempt.js";

/** How far a partition is known to go, and how far it has been taken in. Both change while it is read. */
export interface PartitionReach {
  /** The end of what can be read, the last stable offset, as the last fetch told it. */
  readonly logEndOffset: number;
  /** One past the last offset that was taken in, committed or not. */
  readonly takenOffset: number;
}

/** Everything that happens to a running pipeline. Events of one partition come in the order in which they happened. */
export type PipelineEvent =
  | Exclude<SourceEvent, { readonly type: "claimed" }>
  /** A server has been asked at the start, and has not answered yet. */
  | { readonly type: "waiting-for-server"; readonly server: "kafka" | "postgres"; readonly address: string }
  /** The group has been joined, or is being joined, and has not given out partitions yet. */
  | { readonly type: "waiting-for-partitions"; readonly group: string; readonly sessionTimeoutMs: number }
  /** Other sessions of the database hold what the claim of a partition needs, or without one what making the tables needs. */
  | { readonly type: "blocked"; readonly partition: number | undefined; readonly blockers: readonly Blocker[] }
  /** Kafka and Postgres have answered, and the tables are there. */
  | { readonly type: "prepared" }
  | { readonly type: "claimed"; readonly partition: number; readonly claim: Claim; readonly reach: PartitionReach }
  | ProcessedEvent
  | CommittedEvent
  /**
   * A partition's watermark lies beyond what has arrived since, so that good events are late: the clock of whoever made the event
   * at `offset` is fast. Times in epoch ms.
   */
  | {
      readonly type: "watermark-ahead";
      readonly partition: number;
      /** Undefined where the event was read before the claim, and no raw row has its time. */
      readonly offset: number | undefined;
      readonly eventTimeMs: number;
      /** The timestamp of its record; -1: not known. */
      readonly timestampMs: number;
      readonly watermarkMs: number;
      /** By how much the watermark lies beyond the newest arrival, in ms. */
      readonly aheadMs: number;
    }
  /** What arrives has come up to the watermark again. */
  | { readonly type: "watermark-in-step"; readonly partition: number }
  /** A try to write a checkpoint begins, the first of it or another. */
  | ({ readonly type: "writing"; readonly partition: number } & WriteAttempt)
  /** A checkpoint was too large for a limit of the database: its records are read again, and written in smaller ones. */
  | {
      readonly type: "checkpoint-divided";
      readonly partition: number;
      readonly records: number;
      readonly bytes: number;
      readonly error: Error;
    }
  /** Constraints of the database refused rows: the partition is read again from its last checkpoint without them. */
  | { readonly type: "rows-refused"; readonly partition: number; readonly rows: readonly RefusedRow[] }
  /** Other partitions committed the same ids at the same time: a checkpoint is processed again without their events. */
  | { readonly type: "ids-taken"; readonly partition: number; readonly count: number }
  | {
      readonly type: "postgres-unavailable";
      readonly attempt: number;
      readonly retryInMs: number;
      readonly error: Error;
    }
  | { readonly type: "postgres-available"; readonly attempts: number }
  /** So many records in a row were rejected, and none was taken between them: told once. The rest is that of the newest one. */
  | {
      readonly type: "all-rejected";
      readonly records: number;
      readonly reason: string;
      readonly expected: string;
      readonly received: string;
      /** What the values of all of them are, where their bytes tell: half a sentence. */
      readonly cause: string | undefined;
    }
  /** An event was taken again after `all-rejected`. */
  | { readonly type: "rejections-ended" }
  /** Records have stood behind transactions for some seconds that are open still: told once until none does. */
  | { readonly type: "transaction-open"; readonly held: readonly HeldRecords[] }
  /** Nothing stands behind an open transaction any more. */
  | { readonly type: "transaction-ended" }
  /** `caughtUp` has nothing left to wait for but open transactions: told at once, and every half minute. */
  | { readonly type: "waiting-for-transaction"; readonly held: readonly HeldRecords[] }
  /** Sessions that held a partition's checkpoint row were ended. */
  | { readonly type: "blocker-ended"; readonly partition: number; readonly pids: readonly number[] }
  | { readonly type: "retention-dropped"; readonly dropped: DroppedRows }
  /** Tables were in use at so many tries in a row. */
  | { readonly type: "retention-postponed"; readonly tries: number }
  /** So many tries in a row have failed: the last one for this reason, in Postgres's own words. It is tried again. */
  | { readonly type: "retention-failed"; readonly reason: string; readonly tries: number }
  /** The first try after a `retention-failed` that succeeded. */
  | { readonly type: "retention-recovered" }
  /** A partition is fully read and has been quiet for so long: it holds back neither views nor retention any more. */
  | { readonly type: "quiet"; readonly partition: number; readonly quietMs: number }
  /** It holds back again, since records have come, or since nobody could be asked whether it is still fully read. */
  | { readonly type: "quiet-ended"; readonly partition: number; readonly reason: "records" | "unknown" }
  /**
   * A partition that had been passed over brought events in time, by its own watermark, for so many base windows that were shown as
   * closed. Their figures have changed. `firstMs` and `lastMs` are the starts of the first and the last of them, in epoch ms.
   */
  | {
      readonly type: "closed-windows-changed";
      readonly partition: number;
      readonly windows: number;
      readonly firstMs: number;
      readonly lastMs: number;
    }
  /** Postgres refused to note quiet partitions, which hold back for that long. */
  | { readonly type: "quiet-not-recorded"; readonly reason: string }
  /** Postgres refused to merge closed windows: their rows stay, one for each partition, until a later try. */
  | { readonly type: "windows-not-merged"; readonly reason: string }
  | { readonly type: "progress-not-recorded"; readonly reason: string };

/** Rows were made of a partition's records. They are not committed yet. */
export interface ProcessedEvent {
  readonly type: "processed";
  readonly partition: number;
  /** How many events are among the rows: those that are counted, and late ones. */
  readonly taken: number;
  /** Copies the rows. Throws Error once the listener has returned: what they are copied from is written over. */
  rows(): ProcessedRows;
  /** What set the watermark; undefined before the first event. */
  readonly lead: WatermarkLead | undefined;
}

/** A checkpoint is in the tables. */
export interface CommittedEvent {
  readonly type: "committed";
  readonly partition: number;
  /** The epoch of the claim that it was committed under. */
  readonly epoch: number;
  readonly checkpoint: Checkpoint;
  /** How many offsets this checkpoint added. */
  readonly records: number;
  /** How many rows it wrote: of events, late and rejected ones; windows not counted. */
  readonly rows: number;
  /** From the first try to the answer, waits for Postgres included. */
  readonly durationMs: number;
}

export type PipelineListener = (event: PipelineEvent) => void;
