import type { Checkpoint, CommitAttempt } from "@tidemark/sinks";
import type { CheckpointExtent } from "./checkpoint-limit.js";

/** A checkpoint that is in the tables. */
export interface Committed {
  readonly checkpoint: Checkpoint;
  /** How many offsets this checkpoint added. */
  readonly records: number;
  /** How many rows it wrote: of events, late and rejected ones; windows not counted. */
  readonly rows: number;
  /** From the first try to the answer, waits for Postgres included. */
  readonly durationMs: number;
}

/** A try to write a checkpoint. `bytes`: of the values of its records. */
export interface WriteAttempt extends CheckpointExtent, CommitAttempt {
  /** From 1 on. */
  readonly attempt: number;
}
