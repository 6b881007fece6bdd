import type { CheckpointLedger, PartitionProgress } from "@tidemark/sinks";
import { createWatermarks } from "@tidemark/windowing";

/** What this consumer's partitions have reached, as committed. */
export interface Progress {
  readonly partitions: number;
  readonly ledger: CheckpointLedger;
  /** Records that were in the log when last heard of and are not committed. */
  readonly lag: number;
  /** The overall watermark, epoch ms: the lowest of partitions that are not idle; -Infinity where one has had no event. */
  readonly watermarkMs: number;
  /** Committed offsets per second since the last look. */
  readonly perSecond: number;
}

interface PartitionState {
  readonly nextOffset: number;
  readonly watermarkMs: number;
  readonly ledger: CheckpointLedger;
}

export const emptyLedger: CheckpointLedger = {
  read: 0,
  counted: 0,
  duplicate: 0,
  late: 0,
  quarantined: 0,
  rejected: 0,
  refused: 0,
  skipped: 0,
  lost: 0,
};

export function addLedgers(a: CheckpointLedger, b: CheckpointLedger): CheckpointLedger {
  return {
    read: a.read + b.read,
    counted: a.counted + b.counted,
    duplicate: a.duplicate + b.duplicate,
    late: a.late + b.late,
    quarantined: a.quarantined + b.quarantined,
    rejected: a.rejected + b.rejected,
    refused: a.refused + b.refused,
    skipped: a.skipped + b.skipped,
    lost: a.lost + b.lost,
  };
}

/** A partition that is fully read, and was quiet for so long, holds the overall watermark no more. */
const idleTimeoutMs = 30_000;

/** Keeps the committed state of each owned partition. Time comes in as an argument. */
export class ProgressMeter {
  /** Shown to people; what judges events is each partition's own. */
  readonly #watermarks = createWatermarks({ delayMs: "given", idleTimeoutMs });
  readonly #partitions = new Map<number, PartitionState>();
  #committed = 0;
  #lastCommitted = 0;
  #lastMs: number;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  /** These partitions were assigned, all at once: none of them lets the watermark pass before it has one. */
  own(partitions: readonly number[], nowMs: number): void {
    for (const partition of partitions) this.#watermarks.add(String(partition), nowMs);
  }

  /** A partition was claimed, or a checkpoint of it committed. */
  reach(partition: number, state: PartitionState, nowMs: number, recordsCommitted = 0): void {
    this.#partitions.set(partition, state);
    this.#watermarks.advance(String(partition), state.watermarkMs, nowMs);
    this.#committed += recordsCommitted;
  }

  /** A partition went to another consumer. */
  release(partition: number): void {
    this.#partitions.delete(partition);
    this.#watermarks.remove(String(partition));
  }

  /** `logEnds`: the log's end of each owned partition, as far as it is known. */
  look(nowMs: number, logEnds: ReadonlyMap<number, number>): Progress {
    const seconds = Math.max(nowMs - this.#lastMs, 1) / 1000;
    const perSecond = (this.#committed - this.#lastCommitted) / seconds;
    this.#lastCommitted = this.#committed;
    this.#lastMs = nowMs;
    let ledger = emptyLedger;
    let lag = 0;
    const fullyRead: string[] = [];
    for (const [partition, state] of this.#partitions) {
      ledger = addLedgers(ledger, state.ledger);
      const behind = Math.max((logEnds.get(partition) ?? 0) - state.nextOffset, 0);
      lag += behind;
      if (behind === 0) fullyRead.push(String(partition));
    }
    this.#watermarks.tick(nowMs, fullyRead);
    return { partitions: this.#partitions.size, ledger, lag, watermarkMs: this.#watermarks.overallMs, perSecond };
  }
}

/** The progress of a whole topic, from its checkpoints, with nothing left to read. */
export function progressOf(checkpoints: readonly PartitionProgress[]): Progress {
  const watermarks = checkpoints.map(({ watermark }) => watermark?.getTime() ?? -Infinity);
  return {
    partitions: checkpoints.length,
    ledger: checkpoints.reduce<CheckpointLedger>(addLedgers, emptyLedger),
    lag: 0,
    watermarkMs: checkpoints.length === 0 ? -Infinity : Math.min(...watermarks),
    perSecond: 0,
  };
}
