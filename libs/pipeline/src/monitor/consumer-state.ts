import { isAnswer, type Checkpoint, type CheckpointLedger, type Claim, type SinkEvent } from "@tidemark/sinks";
import type { SourceEvent } from "@tidemark/sources";

/** What was last claimed or committed of a partition that is ours. */
export interface PartitionState {
  readonly epoch: number;
  readonly nextOffset: number;
  /** Epoch ms; -Infinity before the first event. */
  readonly watermarkMs: number;
  readonly ledger: CheckpointLedger;
  /** Records behind `nextOffset` in the log, as far as the last fetch could tell. */
  readonly lag: number;
}

/** How often something happened to a partition while this process ran. */
export interface PartitionCounts {
  claims: number;
  fences: number;
  pauses: number;
  resumes: number;
}

/** A checkpoint that has been committed. */
export interface CheckpointFigures {
  /** From the first try to the answer, waits for Postgres included. */
  readonly durationMs: number;
  /** Rows of events, late and rejected ones; windows not counted. */
  readonly rows: number;
}

interface Owned extends Omit<PartitionState, "lag"> {
  readonly task: { readonly logEndOffset: number; readonly takenOffset: number };
}

/** Records that wait so long for their checkpoint, though Postgres answers, mean that something hangs. */
const stuckMs = 300_000;

const rowsOf = ({ counted, late, quarantined, rejected }: CheckpointLedger) => counted + late + quarantined + rejected;

/** What a running consumer knows of itself, for those who watch it. Told once an event or checkpoint, never once a record. */
export class ConsumerState {
  readonly #onCheckpoint: (figures: CheckpointFigures) => void;
  readonly #owned = new Map<number, Owned>();
  readonly #counts = new Map<number, PartitionCounts>();
  /** Since when records wait for their checkpoint on top of an offset, as far as anybody asked. */
  readonly #waits = new Map<number, { readonly nextOffset: number; readonly sinceMs: number }>();
  #assigned: readonly number[] | undefined;
  #kafkaTrouble: string | undefined;
  /** Why the last claim or checkpoint did not go through, and whether Postgres said so itself. */
  #sinkTrouble: { readonly message: string; readonly isAnswer: boolean } | undefined;
  #probeTrouble: string | undefined;
  #retries = 0;

  constructor(onCheckpoint: (figures: CheckpointFigures) => void = () => {}) {
    this.#onCheckpoint = onCheckpoint;
  }

  get partitions(): ReadonlyMap<number, PartitionState> {
    return new Map(
      [...this.#owned].map(([partition, owned]) => {
        return [partition, { ...owned, lag: Math.max(owned.task.logEndOffset - owned.nextOffset, 0) }];
      }),
    );
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

  onSourceEvent(event: SourceEvent): void {
    if (event.type === "assigned") this.#assigned = event.partitions;
    if (event.type === "revoked") for (const partition of event.partitions) this.#owned.delete(partition);
    if (event.type === "disconnected") this.#kafkaTrouble = event.error.message;
    if (event.type === "waiting-for-topic") this.#kafkaTrouble = `there is no topic ${event.topic}`;
    if (event.type === "connected" || event.type === "reconnected" || event.type === "assigned") {
      this.#kafkaTrouble = undefined;
    }
    if (event.type === "fenced" || event.type === "retrying") this.#owned.delete(event.partition);
    if (event.type === "fenced") this.#sinkTrouble = undefined;
    if (event.type === "fenced") this.#count(event.partition).fences += 1;
    if (event.type === "paused") this.#count(event.partition).pauses += 1;
    if (event.type === "resumed") this.#count(event.partition).resumes += 1;
  }

  onSinkEvent(event: SinkEvent): void {
    if (event.kind === "unavailable") {
      this.#retries += 1;
      this.#sinkTrouble = { message: event.error.message, isAnswer: isAnswer(event.error) };
    }
    if (event.kind === "available") this.#sinkTrouble = undefined;
  }

  /** Postgres was asked by somebody else: undefined where it answered. That it does proves nothing of what the sink asks. */
  onPostgresProbe(trouble: string | undefined): void {
    this.#probeTrouble = trouble;
  }

  claimed(claim: Claim, task: Owned["task"]): void {
    this.#count(claim.partition).claims += 1;
    this.#sinkTrouble = undefined;
    const { epoch, nextOffset, watermarkMs, ledger } = claim;
    this.#owned.set(claim.partition, { epoch, nextOffset, watermarkMs, ledger, task });
  }

  committed(partition: number, checkpoint: Checkpoint, durationMs: number): void {
    const owned = this.#owned.get(partition);
    if (owned === undefined) return;
    const { nextOffset, watermarkMs, ledger } = checkpoint;
    this.#sinkTrouble = undefined;
    this.#owned.set(partition, { ...owned, nextOffset, watermarkMs, ledger });
    this.#onCheckpoint({ durationMs, rows: rowsOf(ledger) - rowsOf(owned.ledger) });
  }

  /**
   * Why it should be restarted; undefined where it should not. A server that is away is no reason, nor records that do not
   * come (their transaction may be open): restarting helps nobody then. One that answers by a time-out is not away. What waits
   * is known from one call to the next.
   */
  stuckReason(nowMs: number): string | undefined {
    const stuck: number[] = [];
    const isAway = this.#probeTrouble !== undefined || this.#sinkTrouble?.isAnswer === false;
    for (const [partition, { task, nextOffset }] of this.#owned) {
      const wait = this.#waits.get(partition);
      if (isAway || task.takenOffset <= nextOffset) this.#waits.delete(partition);
      else if (wait?.nextOffset !== nextOffset) this.#waits.set(partition, { nextOffset, sinceMs: nowMs });
      else if (nowMs - wait.sinceMs >= stuckMs) stuck.push(partition);
    }
    if (stuck.length === 0) return undefined;
    return `records of partitions ${stuck.join(", ")} have waited for their checkpoint for ${stuckMs / 1000} s or more`;
  }

  /** Why it does no work now; undefined where it is at work. A consumer that has no partition to read is at work. */
  unreadyReason(): string | undefined {
    if (this.#kafkaTrouble !== undefined) return `Kafka: ${this.#kafkaTrouble}`;
    if (this.#assigned === undefined) return "no partitions have been assigned yet";
    const trouble = this.#probeTrouble ?? this.#sinkTrouble?.message;
    if (trouble !== undefined) return `Postgres: ${trouble}`;
    const unclaimed = this.#assigned.filter((partition) => !this.#owned.has(partition));
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
