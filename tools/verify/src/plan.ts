import { logEndsEarlier } from "./errors.js";
import type { LogRange } from "./kafka-client.js";
import type { StoredCheckpoint } from "./snapshot.js";

/** Offsets [from, to). */
export interface OffsetRange {
  readonly from: number;
  readonly to: number;
}

/** What is to be read of a partition, and what for. */
export interface PartitionPlan {
  readonly topic: string;
  readonly partition: number;
  readonly checkpoint: StoredCheckpoint | undefined;
  readonly log: OffsetRange;
  /** What the tables were made from. */
  readonly tables: OffsetRange;
  /** What has to be read for both links. */
  readonly read: OffsetRange;
  /** Set where the log lacks the first records that the tables were made of: nothing tells what became of the later ones. */
  readonly unproven: UnprovenPartition | undefined;
}

/** A partition whose rows cannot be recomputed. */
export interface UnprovenPartition {
  readonly partition: number;
  /** The first offset that the log still has. */
  readonly logStart: number;
  /** The first offset that the tables were made of. */
  readonly startOffset: number;
  /** Of the offsets between, those that were lost before the consumer read them. */
  readonly lost: number;
}

/**
 * Plans each partition that the topic or its tables have, in order. A scenario wants all of the log, the tables what the
 * consumer has read of it, unless that is `unproven`.
 *
 * @throws CannotVerifyError `log-ends-earlier` where the log lacks the end of that
 */
export function planPartitions(
  topic: string,
  checkpoints: readonly StoredCheckpoint[],
  ranges: readonly LogRange[],
  isScenarioGiven: boolean,
): PartitionPlan[] {
  const checkpointOf = new Map(checkpoints.map((one) => [one.partition, one]));
  const logOf = new Map(ranges.map(({ partition, start, end }) => [partition, { from: start, to: end }]));
  const partitions = new Set([...logOf.keys(), ...checkpointOf.keys()]);
  return [...partitions]
    .sort((a, b) => a - b)
    .map((partition) => {
      const checkpoint = checkpointOf.get(partition);
      const log = logOf.get(partition) ?? { from: 0, to: 0 };
      const tables =
        checkpoint === undefined
          ? { from: log.from, to: log.from }
          : { from: checkpoint.startOffset, to: checkpoint.nextOffset };
      if (tables.from < tables.to && log.to < tables.to) throw logEndsEarlier(topic, partition, log.to, tables.to);
      const isLost = tables.from < tables.to && log.from > tables.from;
      const unproven = isLost
        ? { partition, logStart: log.from, startOffset: tables.from, lost: checkpoint?.lost ?? 0 }
        : undefined;
      const kept = isLost ? { from: log.to, to: log.to } : tables;
      const read = isScenarioGiven ? log : kept;
      return { topic, partition, checkpoint, log, tables, read, unproven };
    });
}
