import type { PipelineDefinition } from "@tidemark/sinks";
import { socmedRollups } from "@tidemark/sinks/tables";
import type { TaskDefinition } from "@tidemark/windowing";
import type { EventRow } from "./event-row.js";

/** The three durations that a person may choose, in ms. */
export interface PipelineTimes {
  readonly watermarkDelayMs: number;
  readonly allowedLatenessMs: number;
  readonly maxFutureSkewMs: number;
}

/** What the windowing lib folds: the rollups of the tables over enriched events. */
export function taskDefinition(times: PipelineTimes): TaskDefinition<EventRow> {
  return { id: "ID", time: { field: "Ts", unit: "s" }, ...times, rollups: socmedRollups };
}

/** What the tables depend on beside the log, as it is stored with the checkpoints. */
export function pipelineDefinition(times: PipelineTimes): PipelineDefinition {
  const { watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs } = times;
  return { watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs, rollups: socmedRollups };
}
