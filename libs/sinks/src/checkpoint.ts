import type { ClaimedIds } from "./claimed-ids.js";

/** Each record that was read has one outcome: read = counted + duplicate + late + quarantined + rejected + refused. */
export interface CheckpointLedger {
  readonly read: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly late: number;
  readonly quarantined: number;
  readonly rejected: number;
  /** Rows that a constraint of the database refused. */
  readonly refused: number;
  /** Offsets that hold no record: transaction markers, compacted. */
  readonly skipped: number;
  /** Offsets deleted upstream before they were read. */
  readonly lost: number;
}

/**
 * A window's absolute figures. `keys` are texts, as Postgres writes their values; `values` stand in the order of the rollup's
 * columns (`aggregateColumns`), and NaN stands for null.
 */
export interface RollupRow {
  readonly windowStartMs: number;
  readonly keys: readonly string[];
  readonly values: ArrayLike<number>;
}

/** What a checkpoint adds to a tally's row, which begins at 0. */
export interface TallyRow {
  /** Start of the window of arrival, epoch ms; -Infinity for records whose arrival is not known. */
  readonly windowStartMs: number;
  readonly keys: readonly string[];
  readonly count: number;
}

/** The id of an event that is counted, where ids are unique over all partitions of a topic. */
export interface CountedId {
  readonly id: string;
  readonly offset: number;
  /** Epoch ms: the end of its base window and the allowed lateness. */
  readonly liveUntilMs: number;
  /** The partition's watermark before the event, in epoch ms; -Infinity before any. */
  readonly watermarkMs: number;
}

/** An id that another partition has counted. */
export interface TakenId {
  readonly offset: number;
  /** Epoch ms: the id is taken for an event before which the watermark is below this. */
  readonly liveUntilMs: number;
}

/** Rows for one partition's next checkpoint, read by the tables' Drizzle property names. */
export interface NewRows {
  readonly rows: readonly object[];
  readonly late?: readonly object[];
  readonly rejected?: readonly object[];
  /** Of `rows`, where ids are unique over all partitions: all of them. */
  readonly ids?: readonly CountedId[];
  /** `id` and `offset` of records whose ids other partitions have counted. */
  readonly copies?: readonly { readonly id: string; readonly offset: number }[];
}

/** Rows on their way to a checkpoint, held in the form in which they are sent: far smaller than the objects. */
export interface RowBuffer {
  /** Throws Error for rows of a table that the sink hasn't, and SinkError `unencodable` where a value doesn't fit its column; the buffer is of no more use then. */
  add(rows: NewRows): void;
  /** Whether it holds as much as one transaction should write: commit it before more is added. */
  readonly isFull: boolean;
  /** How much memory it takes, in bytes. */
  readonly bytes: number;
}

/** One try of a commit. */
export interface CommitAttempt {
  /** How many bytes have left this process for the server so far. */
  sentBytes(): number;
}

export interface CommitOptions {
  /**
   * Whether the caller can write a smaller checkpoint instead. Then a checkpoint that takes more time, memory or locks than
   * the store gives it is not tried again unchanged: the commit rejects with SinkError `oversized-checkpoint`. One that
   * cannot be smaller is given more time with each try.
   */
  readonly isDivisible?: boolean;
  /** Called when a try begins: it has a connection from now on. */
  readonly onAttempt?: (attempt: CommitAttempt) => void;
}

/** A record that was read, as far as it takes to know it again. */
export interface LastRecord {
  readonly offset: number;
  readonly timestampMs: number;
  /** Of its key and value. */
  readonly digest: string;
}

/** What one transaction writes for one partition beside its rows. */
export interface Checkpoint {
  readonly nextOffset: number;
  /** The newest record below `nextOffset` that was read; undefined where there was none. */
  readonly lastRecord?: LastRecord | undefined;
  /** Epoch ms; -Infinity before the first event. */
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
  /** Totals since the partition's start offset. */
  readonly ledger: CheckpointLedger;
  readonly changed: readonly { readonly rollup: string; readonly rows: readonly RollupRow[] }[];
  /** Of the records since the last checkpoint alone: the fence is what keeps them from being added twice. */
  readonly added?: readonly { readonly tally: string; readonly rows: readonly TallyRow[] }[];
}

/** A partition that is ours until somebody else claims it, and the state that its tables hold. */
export interface Claim {
  readonly partition: number;
  readonly epoch: number;
  /** Who had claimed the partition before; undefined for the first claim, and where it was this sink. */
  readonly takenFrom?: string | undefined;
  readonly startOffset: number;
  readonly nextOffset: number;
  readonly lastRecord?: LastRecord | undefined;
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
  /** Offset of the raw row that has the highest event time; absent where none has it. */
  readonly maxEventOffset?: number | undefined;
  /** Offsets from `nextOffset` on whose records are left out by a decision (`tidemark.exclusions`); absent: none. */
  readonly excluded?: readonly number[];
  readonly ledger: CheckpointLedger;
  /** Rows of windows that may still be open at `watermarkMs`. */
  readonly windows: readonly { readonly rollup: string; readonly rows: readonly RollupRow[] }[];
  /** Ids of counted events whose base window may still be open. */
  readonly ids: ClaimedIds;
}

/**
 * The port. `commit` is a compare-and-set on (epoch, next offset): it rejects with SinkError `fenced` where somebody
 * else has claimed the partition, and where an earlier try of the same commit had succeeded unseen; then claim again.
 * Both wait, and try again, while the store is away.
 */
export interface Sink {
  /** `logStartOffset`: where the log begins now, and so where a partition without a checkpoint is read from. */
  claim(partition: number, logStartOffset: number): Promise<Claim>;
  /**
   * Until which watermark (epoch ms) other partitions of the topic have taken ids, by the place of each in `ids`; those that are
   * free, and null, have no entry. Only an early look: two partitions may commit the same id at once, and then `commit` refuses the second.
   * Empty where ids are unique in each partition alone.
   */
  findTaken(partition: number, ids: readonly (string | null)[]): Promise<ReadonlyMap<number, number>>;
  /** An empty buffer for the partition's next checkpoint. */
  openBuffer(partition: number): RowBuffer;
  /**
   * Writes `checkpoint` and `rows` on top of `expectedOffset`, all or nothing. Nothing may be added to `rows` after. Rejects with
   * SinkError `taken-ids` where another partition has counted some of the ids meanwhile, and has written nothing then.
   */
  commit(
    claim: Pick<Claim, "partition" | "epoch">,
    expectedOffset: number,
    checkpoint: Checkpoint,
    rows: RowBuffer,
    options?: CommitOptions,
  ): Promise<void>;
  /** Ends connections; what waits, and what is asked later, rejects with SinkError `closed`. May be called again. */
  close(): Promise<void>;
}
