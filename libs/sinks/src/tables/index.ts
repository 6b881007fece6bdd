export { aggregateColumns, type AggregateColumn } from "./aggregate-columns.js";
export { deriveTables, type OwnTables } from "./derive-tables.js";
export type {
  LateTableOf,
  PipelineTables,
  RawTableOf,
  RejectedTable,
  RollupTableOf,
  TotalViewOf,
  TypedRollup,
} from "./pipeline-tables.js";
export type { AggregateData, ColumnData, PipelineData, RollupData, TablesData } from "./pipeline-data.js";
export { socmedRollups, type Measure, type RollupDefinition } from "./rollups.js";
export { socmed1h, socmed1m, socmed5s, socmedLate, socmedRejected, socmedUserSales } from "./socmed.js";
export { checkpoints, definitions, progress, retention, tidemark } from "./tidemark.js";
export { timestampRange } from "./timestamp-range.js";
export {
  lateBuckets,
  socmedVerdicts1h,
  socmedVerdicts1m,
  socmedVerdictTallies,
  type TallyDefinition,
} from "./verdicts.js";
export { pipelineHealth, pipelineProgress, socmed1hTotal, socmed1mTotal, socmed5sTotal } from "./views.js";
