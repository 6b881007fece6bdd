import type { Checkpoint, Claim } from "@tidemark/sinks";
import { EMPTY_LEDGER } from "../src/ledger.js";
import type { CommittedEvent, PartitionReach, PipelineEvent } from "../src/pipeline-event.js";

/** The claim of a partition that nobody has read, but for what is given. */
export function claimOf(partition: number, changes: Partial<Claim> = {}): Claim {
  return {
    partition,
    epoch: 1,
    startOffset: 0,
    nextOffset: 0,
    watermarkMs: -Infinity,
    maxEventTimeMs: -Infinity,
    ledger: EMPTY_LEDGER,
    windows: [],
    ids: [],
    ...changes,
  };
}

const atTheEnd: PartitionReach = { logEndOffset: 0, takenOffset: 0 };

export function claimed(partition: number, changes: Partial<Claim> = {}, reach = atTheEnd): PipelineEvent {
  return { type: "claimed", partition, claim: claimOf(partition, changes), reach };
}

export function committed(
  partition: number,
  checkpoint: Partial<Checkpoint>,
  changes: Partial<Omit<CommittedEvent, "type" | "partition" | "checkpoint">> = {},
): CommittedEvent {
  const empty = { nextOffset: 0, watermarkMs: -Infinity, maxEventTimeMs: -Infinity, ledger: EMPTY_LEDGER, changed: [] };
  const figures = { epoch: 1, records: 1, rows: 1, durationMs: 1, ...changes };
  return { type: "committed", partition, checkpoint: { ...empty, ...checkpoint }, ...figures };
}
