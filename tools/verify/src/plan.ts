import { logBeginsLater, logEndsEarlier } from "./errors.js";
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
}

/**
 * Plans each partition that the topic or its tables have, in order. A scenario wants all of the log, the tables what the
 * consumer has read of it.
 *
 * @throws CannotVerifyError `log-begins-later`, `log-ends-earlier` where the log lacks a part of that
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
      if (checkpoint !== undefined && tables.from < tables.to) refuseUnlessHeld(topic, checkpoint, log);
      const read = isScenarioGiven ? log : tables;
      return { topic, partition, checkpoint, log, tables, read };
    });
}

function refuseUnlessHeld(topic: string, checkpoint: StoredCheckpoint, log: OffsetRange): void {
  const { partition, startOffset, nextOffset, lost } = checkpoint;
  if (log.to < nextOffset) throw logEndsEarlier(topic, partition, log.to, nextOffset);
  if (log.from > startOffset) throw logBeginsLater(topic, partition, { logStart: log.from, startOffset, lost });
}
