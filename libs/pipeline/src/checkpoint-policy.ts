import { CheckpointLimit } from "./checkpoint-limit.js";

/** When a checkpoint is taken. */
export interface CheckpointPolicy {
  /** In a backlog: as many records make a checkpoint. */
  readonly maxRecords: number;
  /** In a backlog: no record waits longer than this, in ms. Live, a checkpoint is taken at once. */
  readonly lingerMs: number;
}

export const defaultPolicy: CheckpointPolicy = { maxRecords: 10_000, lingerMs: 200 };
/** Of the values of a checkpoint's records. */
const MOST_BYTES = 8 * 1024 * 1024;

export function createCheckpointLimit({ maxRecords }: CheckpointPolicy = defaultPolicy): CheckpointLimit {
  return new CheckpointLimit({ records: maxRecords, bytes: MOST_BYTES });
}
