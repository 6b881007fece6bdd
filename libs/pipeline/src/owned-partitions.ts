import type { CheckpointLedger } from "@tidemark/sinks";
import type { PartitionReach, PipelineEvent } from "./pipeline-event.js";

/** A partition that this process has claimed, as last committed. */
export interface OwnedPartition {
  readonly epoch: number;
  readonly nextOffset: number;
  /** Epoch ms; -Infinity before the first event. */
  readonly watermarkMs: number;
  readonly ledger: CheckpointLedger;
  readonly reach: PartitionReach;
}

/** Records behind the committed offset, as far as the last fetch could tell. */
export function lagOf({ reach, nextOffset }: OwnedPartition): number {
  return Math.max(reach.logEndOffset - nextOffset, 0);
}

/** The partitions that this process owns. The one place where their life is followed; subscribers read it. */
export class OwnedPartitions {
  readonly #owned = new Map<number, OwnedPartition>();

  get all(): ReadonlyMap<number, OwnedPartition> {
    return this.#owned;
  }

  on(event: PipelineEvent): void {
    switch (event.type) {
      case "claimed": {
        const { epoch, nextOffset, watermarkMs, ledger } = event.claim;
        this.#owned.set(event.partition, { epoch, nextOffset, watermarkMs, ledger, reach: event.reach });
        return;
      }
      case "committed": {
        const owned = this.#owned.get(event.partition);
        // A commit under an earlier claim may be answered late.
        if (owned?.epoch !== event.epoch) return;
        const { nextOffset, watermarkMs, ledger } = event.checkpoint;
        this.#owned.set(event.partition, { ...owned, nextOffset, watermarkMs, ledger });
        return;
      }
      case "revoked":
        for (const partition of event.partitions) this.#owned.delete(partition);
        return;
      case "fenced":
      case "retrying":
        this.#owned.delete(event.partition);
        return;
      default:
    }
  }
}
