import type { SourceRecord } from "./batch.js";
import type { ConnectionEvent } from "./event.js";
import type { LogEnd } from "./held-records.js";
import type { OffsetRange } from "./position.js";

/** What one fetch brought for one partition. May hold no records, where all of it are markers or aborted ones. */
export interface FetchedBatch extends OffsetRange {
  readonly partition: number;
  /** Where the first record's batch begins in the log, if the client knows: a producer's batch lies in the log as a whole. */
  readonly baseOffset?: number;
  /** In offset order, without markers and aborted records. */
  readonly records: readonly SourceRecord[];
  /** The partition's last stable offset at the fetch or later: the end of what can be read. */
  readonly logEndOffset: number;
}

/** The offsets of a partition: the first that can be read, and the one behind the last that can (the last stable offset). */
export interface PartitionOffsets {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
  /** One past the last offset of the log. Above `end`, records stand behind a transaction that is open. Undefined: not known. */
  readonly highWatermark?: number;
}

export interface KafkaListener {
  /** All partitions of the member, after each join. Called before any of them is fetched, and may pause or resume at once. */
  assigned(partitions: readonly number[]): void;
  /**
   * Resolves to true when the client may go on behind the batch; false when it will be told where. Rejects only as
   * `heartbeat` did: then the group rebalances, and the client joins again.
   */
  batch(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<boolean>;
  event(event: ConnectionEvent): void;
  /** An answer to a fetch told where an assigned partition ends, whether it brought records or not. */
  logEnd(partition: number, end: LogEnd): void;
}

/**
 * A Kafka client as the source needs it: a member of a consumer group on one topic that commits nothing by itself. Every
 * implementation passes the contract suite `@tidemark/testkit/kafka-port-contract`.
 * Batches of one partition come one after another; stale ones (from before a resume) may come. One that is stale, and whose
 * `fetchedFrom` is null, does not follow another stale one: it would prove a gap that is none.
 */
export interface KafkaPort {
  /**
   * Waits for the topic, joins, and delivers until the signal; then it leaves the group and resolves, in bounded time. Outlives
   * network trouble. Rejects with a SourceError when trying again cannot help.
   */
  run(listener: KafkaListener, signal: AbortSignal): Promise<void>;
  /** Fetches nothing more of an assigned partition until `resume`. Does nothing while the group is not joined. */
  pause(partition: number): void;
  /** Fetches an assigned partition from `offset` on, paused or not. Does nothing while the group is not joined. */
  resume(partition: number, offset: number): void;
  /** Commits the next offsets of assigned partitions to Kafka; rejects where that fails. */
  commit(nextOffsets: ReadonlyMap<number, number>): Promise<void>;
  /**
   * Asks the group whether this client is still a member. Where it is not, the client joins again, and the call rejects
   * retryably; so it does where that cannot be asked now.
   */
  confirmMembership(signal: AbortSignal): Promise<void>;
  /** Reads the offsets of all partitions afresh. Rejects with a SourceError, or soon after the signal. */
  readOffsets(signal: AbortSignal): Promise<readonly PartitionOffsets[]>;
}
