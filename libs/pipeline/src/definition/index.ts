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
} from "./aggregates.js";
export {
  definePipeline,
  withIdScope,
  withKeyLimit,
  withTimes,
  type Pipeline,
  type PipelineTimes,
  type TypedPipeline,
} from "./define-pipeline.js";
export { parseDuration, type Duration } from "./duration.js";
export { PipelineDefinitionError } from "./errors.js";
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
} from "./pipeline-definition.js";
