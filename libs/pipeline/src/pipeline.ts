import type { PipelineData } from "@tidemark/sinks/tables";
import { socmedPipeline, socmedRollups } from "@tidemark/socmed/tables";
import { defineTask, tumbling } from "@tidemark/windowing";
import type { EventRow } from "./event-row.js";

/** The three durations that a person may choose, in ms. */
export interface PipelineTimes {
  readonly watermarkDelayMs: number;
  readonly allowedLatenessMs: number;
  readonly maxFutureSkewMs: number;
}

const [fiveSeconds, oneMinute, oneHour] = socmedRollups;

/** What the windowing lib folds: the rollups of the tables over enriched events. */
export function taskDefinition({ watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs }: PipelineTimes) {
  return defineTask<EventRow>()({
    id: "ID",
    time: { field: "Ts", unit: "s" },
    watermarkDelayMs,
    allowedLatenessMs,
    maxFutureSkewMs,
    rollups: [
      { ...fiveSeconds, window: tumbling(fiveSeconds.sizeMs) },
      { ...oneMinute, window: tumbling(oneMinute.sizeMs) },
      { ...oneHour, window: tumbling(oneHour.sizeMs) },
    ],
  });
}

export type SocmedTaskDefinition = ReturnType<typeof taskDefinition>;

/** The flagship with these times: what the tables depend on beside the log, as it is stored with the checkpoints. */
export function pipelineWith({ watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs }: PipelineTimes) {
  const { data, tables } = socmedPipeline;
  const timed: PipelineData = { ...data, watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs };
  return { data: timed, tables };
}
