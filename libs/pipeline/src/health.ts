import { isAnswer } from "@tidemark/sinks";
import type { HeldRecords } from "@tidemark/sources";
import type { OwnedPartitions } from "./owned-partitions.js";
import type { PipelineEvent } from "./pipeline-event.js";
import { HeldByPartition } from "./held-by-partition.js";
import { describeHeld, LONG_TRANSACTION_MS } from "./transaction-alarm.js";
import type { WatermarkAheadEvent } from "./watermark-alarm.js";
import { WriteWatch, type WriteActivity } from "./write-activity.js";

/** How often something happened to a partition while this process ran. */
export interface PartitionCounts {
  claims: number;
  fences: number;
  pauses: number;
  resumes: number;
}

/** A sentence on a partition whose watermark lies beyond what arrives, and what caused it. */
export function describeWatermarkAhead(event: WatermarkAheadEvent): string {
  const { partition, offset, eventTimeMs, timestampMs, aheadMs } = event;
  const seconds = Math.round(aheadMs / 1000);
  const amount = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  const place = offset === undefined ? "an event that was read before" : `the event at offset ${offset}`;
  const arrival = timestampMs === -1 ? "" : `, its record's timestamp ${showTime(timestampMs)}`;
  return `the watermark of partition ${partition} is ${amount} ahead of what arrives, so that good events are late: ${place} set it, with the time ${showTime(eventTimeMs)}${arrival}`;
}

/** A timestamp of a record may lie beyond what a Date holds. */
function showTime(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? `${epochMs} ms since 1970` : date.toISOString();
}

/** Records that wait so long for their checkpoint, though Postgres answers, mean that something hangs. */
const stuckMs = 300_000;

/** How far a partition's next checkpoint was when it was last seen to advance. */
interface Progress {
  readonly nextOffset: number;
  /** The most that one of its tries had sent. */
  readonly sentBytes: number;
  readonly sinceMs: number;
}

/** Tells whether a running pipeline is ready, and whether it hangs. */
export class PipelineHealth {
  readonly #partitions: OwnedPartitions;
  readonly #counts = new Map<number, PartitionCounts>();
  /** Since when records wait for their checkpoint without any progress, as far as anybody asked. */
  readonly #waits = new Map<number, Progress>();
  readonly #writes = new WriteWatch();
  #assigned: readonly number[] | undefined;
  #kafkaTrouble: string | undefined;
  /** Why the last claim or checkpoint did not go through, and whether Postgres said so itself. */
  #sinkTrouble: { readonly message: string; readonly isAnswer: boolean } | undefined;
  #probeTrouble: string | undefined;
  /** Why the last try of retention failed, as it was told. */
  #retentionTrouble: string | undefined;
  /** Why every record is rejected. */
  #rejectionTrouble: string | undefined;
  #retries = 0;
  readonly #ahead = new Map<number, WatermarkAheadEvent>();
  readonly #held = new HeldByPartition();
  readonly #quiet = new Set<number>();
  #changedWindows = 0;

  constructor(partitions: OwnedPartitions) {
    this.#partitions = partitions;
  }

  get partitions(): OwnedPartitions["all"] {
    return this.#partitions.all;
  }

  get counts(): ReadonlyMap<number, PartitionCounts> {
    return this.#counts;
  }

  /** Tries of claims and checkpoints that Postgres did not let through. */
  get postgresRetries(): number {
    return this.#retries;
  }

  get isKafkaUp(): boolean {
    return this.#assigned !== undefined && this.#kafkaTrouble === undefined;
  }

  /** As the last that was asked of it went. */
  get isPostgresUp(): boolean {
    return this.#sinkTrouble === undefined && this.#probeTrouble === undefined;
  }

  /** Partitions whose watermark lies beyond what arrives, as it was noticed. */
  get watermarksAhead(): ReadonlyMap<number, WatermarkAheadEvent> {
    return this.#ahead;
  }

  /** What stands behind open transactions, by partition. */
  get held(): ReadonlyMap<number, HeldRecords> {
    return this.#held.all;
  }

  /** Partitions that are fully read and quiet, and hold back neither views nor retention. */
  get quietPartitions(): ReadonlySet<number> {
    return this.#quiet;
  }

  /** How many base windows have changed that were shown as closed, since a quiet partition was passed over. */
  get closedWindowsChanged(): number {
    return this.#changedWindows;
  }

  /** What is written to Postgres at `nowMs` of the monotonic clock. */
  activity(nowMs: number): WriteActivity {
    return this.#writes.read(nowMs);
  }

  /** Why Postgres took nothing when it was last asked; undefined where it did. */
  get postgresTrouble(): string | undefined {
    return this.#probeTrouble ?? this.#sinkTrouble?.message;
  }

  on(event: PipelineEvent): void {
    this.#writes.on(event, performance.now());
    this.#held.on(event);
    switch (event.type) {
      case "watermark-ahead":
        this.#ahead.set(event.partition, event);
        return;
      case "watermark-in-step":
        this.#ahead.delete(event.partition);
        return;
      case "revoked":
        for (const partition of event.partitions) {
          this.#ahead.delete(partition);
          this.#quiet.delete(partition);
        }
        return;
      case "quiet":
        this.#quiet.add(event.partition);
        return;
      case "quiet-ended":
      case "retrying":
        this.#quiet.delete(event.partition);
        return;
      case "closed-windows-changed":
        this.#changedWindows += event.windows;
        return;
      case "assigned":
        this.#assigned = event.partitions;
        this.#kafkaTrouble = undefined;
        return;
      case "connected":
      case "reconnected":
        this.#kafkaTrouble = undefined;
        return;
      case "disconnected":
        this.#kafkaTrouble = event.error.message;
        return;
      case "group-in-use":
        this.#kafkaTrouble = event.error.message;
        return;
      case "waiting-for-topic":
        this.#kafkaTrouble = `there is no topic ${event.topic}`;
        return;
      case "claimed":
        this.#count(event.partition).claims += 1;
        this.#sinkTrouble = undefined;
        return;
      case "committed":
        this.#sinkTrouble = undefined;
        return;
      case "fenced":
        this.#sinkTrouble = undefined;
        this.#quiet.delete(event.partition);
        this.#count(event.partition).fences += 1;
        return;
      case "paused":
        this.#count(event.partition).pauses += 1;
        return;
      case "resumed":
        this.#count(event.partition).resumes += 1;
        return;
      case "postgres-unavailable":
        this.#retries += 1;
        this.#sinkTrouble = { message: event.error.message, isAnswer: isAnswer(event.error) };
        return;
      case "postgres-available":
        this.#sinkTrouble = undefined;
        return;
      case "all-rejected":
        this.#rejectionTrouble = `${event.reason}: expected ${event.expected}, received ${event.received}${event.cause === undefined ? "" : `; ${event.cause}`}`;
        return;
      case "rejections-ended":
        this.#rejectionTrouble = undefined;
        return;
      case "retention-failed":
        this.#retentionTrouble = event.reason;
        return;
      case "retention-recovered":
        this.#retentionTrouble = undefined;
        return;
      default:
    }
  }

  get isAllRejected(): boolean {
    return this.#rejectionTrouble !== undefined;
  }

  get isRetentionFailing(): boolean {
    return this.#retentionTrouble !== undefined;
  }

  /** What is wrong though it is at work, a sentence each: a restart helps nothing there. */
  degradedReasons(): readonly string[] {
    const [rejection, retention] = [this.#rejectionTrouble, this.#retentionTrouble];
    const long = [...this.#held.all.values()].filter(({ sinceMs }) => Date.now() - sinceMs >= LONG_TRANSACTION_MS);
    return [
      ...[...this.#ahead.values()].map(describeWatermarkAhead),
      ...(long.length === 0 ? [] : [`${describeHeld(long)}; they are read when it ends`]),
      ...(rejection === undefined ? [] : [`every record is rejected (${rejection})`]),
      ...(retention === undefined ? [] : [`retention fails, and old rows stay: ${retention}`]),
    ];
  }

  /** Postgres was asked by somebody else: undefined where it answered. That it does proves nothing of what the sink asks. */
  onPostgresProbe(trouble: string | undefined): void {
    this.#probeTrouble = trouble;
  }

  /**
   * Why it should be restarted; undefined where it should not. A server that is away is no reason, nor records that do not
   * come (their transaction may be open): restarting helps nobody then. One that answers by a time-out is not away. While bytes of
   * a checkpoint leave, the link is slow, and nothing hangs. What waits is known from one call to the next.
   */
  stuckReason(nowMs: number): string | undefined {
    const stuck: number[] = [];
    const isAway = this.#probeTrouble !== undefined || this.#sinkTrouble?.isAnswer === false;
    for (const [partition, { reach, nextOffset }] of this.#partitions.all) {
      const wait = this.#waits.get(partition);
      const sentBytes = this.#writes.sentBytes(partition) ?? 0;
      // A try that sends again what an earlier one has sent is no progress.
      const isProgress = wait?.nextOffset !== nextOffset || sentBytes > wait.sentBytes;
      if (isAway || reach.takenOffset <= nextOffset) this.#waits.delete(partition);
      else if (isProgress) this.#waits.set(partition, { nextOffset, sentBytes, sinceMs: nowMs });
      else if (nowMs - wait.sinceMs >= stuckMs) stuck.push(partition);
    }
    if (stuck.length === 0) return undefined;
    return `records of partitions ${stuck.join(", ")} have waited for their checkpoint for ${stuckMs / 1000} s or more`;
  }

  /** Why it does no work now; undefined where it is at work. A consumer that has no partition to read is at work. */
  unreadyReason(): string | undefined {
    if (this.#kafkaTrouble !== undefined) return `Kafka: ${this.#kafkaTrouble}`;
    if (this.#assigned === undefined) return "no partitions have been assigned yet";
    const trouble = this.postgresTrouble;
    if (trouble !== undefined) return `Postgres: ${trouble}`;
    const unclaimed = this.#assigned.filter((partition) => !this.#partitions.all.has(partition));
    return unclaimed.length === 0 ? undefined : `partitions ${unclaimed.join(", ")} are not claimed yet`;
  }

  #count(partition: number): PartitionCounts {
    let counts = this.#counts.get(partition);
    if (counts === undefined) {
      counts = { claims: 0, fences: 0, pauses: 0, resumes: 0 };
      this.#counts.set(partition, counts);
    }
    return counts;
  }
}
