import type { CheckpointLedger, PartitionProgress } from "@tidemark/sinks";
import { createWatermarks } from "@tidemark/windowing";
import { addLedgers, EMPTY_LEDGER } from "./ledger.js";
import { lagOf, type OwnedPartitions } from "./owned-partitions.js";
import { HeldByPartition } from "./held-by-partition.js";
import { sumHeld, type HeldSum } from "./transaction-alarm.js";
import type { PipelineEvent } from "./pipeline-event.js";

/** How far a pipeline's partitions have come, as committed. */
export interface Progress {
  readonly partitions: number;
  readonly ledger: CheckpointLedger;
  /** Records that can be read, as far as it is known, and are not committed. */
  readonly lag: number;
  /** Records that cannot be read before an open transaction ends; undefined: there are none. */
  readonly held: HeldSum | undefined;
  /** The lowest watermark of partitions that are not idle, epoch ms; -Infinity where one has had no event. */
  readonly watermarkMs: number;
  /** Committed offsets per second since the last reading. */
  readonly perSecond: number;
}

/** A partition that is fully read, and was quiet for so long, holds the overall watermark no more. */
const IDLE_TIMEOUT_MS = 30_000;

/** Measures the progress of the partitions that this process owns. Time comes in as an argument. */
export class ProgressMeter {
  /** Shown to people; events are judged by each partition's own. */
  readonly #watermarks = createWatermarks({ delayMs: "given", idleTimeoutMs: IDLE_TIMEOUT_MS });
  readonly #partitions: OwnedPartitions;
  readonly #held = new HeldByPartition();
  #committed = 0;
  #lastCommitted = 0;
  #lastMs: number;

  constructor(partitions: OwnedPartitions, nowMs: number) {
    this.#partitions = partitions;
    this.#lastMs = nowMs;
  }

  on(event: PipelineEvent, nowMs: number): void {
    this.#held.on(event);
    switch (event.type) {
      case "assigned":
        // All at once: none of them lets the watermark pass before it has one of its own.
        for (const partition of event.partitions) this.#watermarks.add(String(partition), nowMs);
        return;
      case "claimed":
        this.#watermarks.advance(String(event.partition), event.claim.watermarkMs, nowMs);
        return;
      case "committed":
        if (this.#partitions.all.get(event.partition)?.epoch !== event.epoch) return;
        this.#watermarks.advance(String(event.partition), event.checkpoint.watermarkMs, nowMs);
        this.#committed += event.records;
        return;
      case "revoked":
        for (const partition of event.partitions) this.#watermarks.remove(String(partition));
        return;
      default:
    }
  }

  read(nowMs: number): Progress {
    const seconds = Math.max(nowMs - this.#lastMs, 1) / 1000;
    const perSecond = (this.#committed - this.#lastCommitted) / seconds;
    this.#lastCommitted = this.#committed;
    this.#lastMs = nowMs;
    const owned = [...this.#partitions.all];
    const fullyRead = owned.filter(([, one]) => lagOf(one) === 0).map(([partition]) => String(partition));
    this.#watermarks.tick(nowMs, fullyRead);
    return {
      partitions: owned.length,
      ledger: owned.map(([, { ledger }]) => ledger).reduce(addLedgers, EMPTY_LEDGER),
      lag: owned.reduce((sum, [, one]) => sum + lagOf(one), 0),
      held: sumHeld(this.#held.all.values()),
      watermarkMs: this.#watermarks.overallMs,
      perSecond,
    };
  }
}

/** The progress of a whole topic, from its checkpoints, with nothing left to read. */
export function progressOf(checkpoints: readonly PartitionProgress[]): Progress {
  const watermarks = checkpoints.map(({ watermark }) => watermark?.getTime() ?? -Infinity);
  return {
    partitions: checkpoints.length,
    ledger: checkpoints.reduce<CheckpointLedger>(addLedgers, EMPTY_LEDGER),
    lag: 0,
    held: undefined,
    watermarkMs: checkpoints.length === 0 ? -Infinity : Math.min(...watermarks),
    perSecond: 0,
  };
}
