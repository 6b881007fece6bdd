export { socmedRollups, type Measure, type RollupDefinition } from "./rollups.js";
export { socmed1m, socmed5s, socmedLate, socmedRejected, socmedUserSales } from "./socmed.js";
export { checkpoints, definitions, retention, tidemark } from "./tidemark.js";
