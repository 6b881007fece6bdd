export type { CheckpointPolicy } from "./checkpoint-policy.js";
export {
  count,
  countNonNull,
  max,
  mean,
  min,
  sum,
  tumbling,
  type Count,
  type CountNonNull,
  type NumberAggregate,
  type Tumbling,
} from "./definition/aggregates.js";
export {
  definePipeline,
  withIdScope,
  withKeyLimit,
  withTimes,
  type Pipeline,
  type PipelineTimes,
  type TypedPipeline,
} from "./definition/define-pipeline.js";
export { parseDuration, type Duration } from "./definition/duration.js";
export { PipelineDefinitionError } from "./definition/errors.js";
export type {
  AggregateOf,
  FieldOf,
  IdScope,
  KeyLimit,
  PipelineDefinition,
  RateOf,
  RollupOf,
  TablesOf,
  TimeOf,
} from "./definition/pipeline-definition.js";
export { PipelineError, type PipelineErrorCode } from "./errors.js";
export { describeWatermarkAhead, type PartitionCounts, type PipelineHealth } from "./health.js";
export { addLedgers, EMPTY_LEDGER } from "./ledger.js";
export { lagOf, type OwnedPartition } from "./owned-partitions.js";
export type { LateRow, ProcessedRows } from "./partition-processor.js";
export type { WriteAttempt } from "./write-attempt.js";
export type { CommittedEvent, PartitionReach, PipelineEvent, PipelineListener } from "./pipeline-event.js";
export type { Progress } from "./progress-meter.js";
export { abandonDefinitionRebuild, rebuildDefinition, type DefinitionRebuildOptions } from "./rebuild-definition.js";
export { resetForRebuild, type RebuildOptions } from "./rebuild.js";
export type { RejectedRow } from "./rejected-row.js";
export type { EventRow } from "./row-maker.js";
export type { RunOptions } from "./run-options.js";
export { describeHeld, type HeldSum } from "./transaction-alarm.js";
export type { WatermarkLead } from "./watermark-lead.js";
export type { WriteActivity, Writing } from "./write-activity.js";
export { runPipeline, type RunningPipeline, type StopOptions, type Stopped } from "./run-pipeline.js";
