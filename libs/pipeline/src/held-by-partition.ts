import type { HeldRecords } from "@tidemark/sources";
import type { PipelineEvent } from "./pipeline-event.js";

/** Follows which records stand behind open transactions, by partition, as events tell it. */
export class HeldByPartition {
  readonly #held = new Map<number, HeldRecords>();

  get all(): ReadonlyMap<number, HeldRecords> {
    return this.#held;
  }

  on(event: PipelineEvent): void {
    if (event.type === "held-back") this.#held.set(event.partition, event);
    if (event.type === "held-back-ended") this.#held.delete(event.partition);
    if (event.type === "revoked") for (const partition of event.partitions) this.#held.delete(partition);
  }
}
