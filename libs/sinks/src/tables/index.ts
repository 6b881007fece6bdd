export { socmedRollups, type Measure, type RollupDefinition } from "./rollups.js";
export { socmed1m, socmed5s, socmedLate, socmedRejected, socmedUserSales } from "./socmed.js";
export { checkpoints, definitions, progress, retention, tidemark } from "./tidemark.js";
export { timestampRange } from "./timestamp-range.js";
export { lateBuckets, socmedVerdicts1m, socmedVerdictTally, type TallyDefinition } from "./verdicts.js";
export { pipelineHealth, pipelineProgress, socmed1mTotal, socmed5sTotal } from "./views.js";
