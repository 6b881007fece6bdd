import { CheckpointLimit } from "./checkpoint-limit.js";

/**
 * When a checkpoint is taken. The rule:
 * 1. What has reached the end of the log is committed at once.
 * 2. In a backlog a checkpoint grows for as long as `CheckpointPace` says, up to `maxRecords` and a number of bytes.
 * 3. Where the memory of all partitions is used up, what is held is committed at once.
 *
 * The tables do not depend on it.
 */
export interface CheckpointPolicy {
  /** In a backlog: as many records make a checkpoint. */
  readonly maxRecords: number;
  /** In a backlog: a checkpoint is taken after so many ms, or later where many partitions have a backlog. */
  readonly lingerMs: number;
}

export const defaultPolicy: CheckpointPolicy = { maxRecords: 50_000, lingerMs: 1_000 };
/** Of the values of a checkpoint's records. */
const MOST_BYTES = 8 * 1024 * 1024;

export function createCheckpointLimit({ maxRecords }: CheckpointPolicy = defaultPolicy): CheckpointLimit {
  return new CheckpointLimit({ records: maxRecords, bytes: MOST_BYTES });
}
