export { aggregateColumns, type AggregateColumn } from "./aggregate-columns.js";
export { deriveTables, type OwnTables } from "./derive-tables.js";
export { formatDuration } from "./format-duration.js";
export { MERGED_PARTITION, mergedSinceSizeMs } from "./merged-partition.js";
export type {
  LateTableOf,
  DerivedTables,
  PipelineTables,
  RawTableOf,
  RejectedTable,
  RollupTableOf,
  TopicIdTables,
  TotalViewOf,
  TypedRollup,
} from "./pipeline-tables.js";
export type {
  AggregateData,
  ColumnData,
  KeyLimitData,
  PipelineData,
  RollupData,
  TablesData,
  TopicIdsData,
} from "./pipeline-data.js";
export {
  checkpoints,
  closedWindows,
  definitions,
  exclusions,
  forgottenIds,
  mergedWindows,
  ownedTables,
  progress,
  quietPartitions,
  retention,
  tidemark,
} from "./tidemark.js";
export { timestampRange } from "./timestamp-range.js";
export { lateBuckets, type TallyDefinition, type VerdictTable } from "./verdicts.js";
export { pipelineHealth, pipelineProgress } from "./views.js";
