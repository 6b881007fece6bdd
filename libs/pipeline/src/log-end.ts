import type { PartitionOffsets } from "@tidemark/sources";

/** Where a partition's log ends. */
export type LogEnd = Pick<PartitionOffsets, "partition" | "end" | "highWatermark">;

/** One past the last offset of the log, whether it can be read yet or not. */
export const logEndOf = ({ end, highWatermark = end }: LogEnd): number => Math.max(end, highWatermark);
