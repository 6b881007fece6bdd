export { lateBurst, lateBursts, type Annotation } from "./annotations.js";
export {
  count,
  number,
  percent,
  text,
  time,
  type Column,
  type Columns,
  type Level,
  type NamesOf,
  type NumberColumn,
  type RowOf,
  type TextColumn,
  type Threshold,
  type TimeColumn,
  type Unit,
} from "./column.js";
export { panelsOf, type Dashboard, type PlacedPanel } from "./dashboard.js";
export { dashboards, pipelineHealth, socialMediaPerformance } from "./dashboards.js";
export { PanelError, type PanelErrorCode } from "./errors.js";
export { expandMacros, type View } from "./expand.js";
export { formatNumber, levelOf, type Formatted } from "./format.js";
export { definePanel, type Panel, type PanelDefinition, type PanelKind, type RowOfPanel, type Show } from "./panel.js";
export { readRows } from "./read-rows.js";
export {
  allValue,
  cityVariable,
  platformVariable,
  topicVariable,
  type Variable,
  type VariableName,
} from "./variables.js";
export { fineRangeMs } from "./resolution.js";
export { checkpointTime, lagNow, lagOverTime, rowsPerSecond } from "./health/flow.js";
export { lateByHowMuch, ledger, ledgerOverTime, rejectsByReason } from "./health/ledger.js";
export { databaseSize, watermarks } from "./health/state.js";
export { funnel } from "./socmed/funnel.js";
export { cityWithMostSales, cityWithMostUsers, topPlatform } from "./socmed/places.js";
export { averageBounceRate, averageConversionRate, conversionByCity } from "./socmed/rates.js";
export { totalTransactions, totalUsage, usageOverTime } from "./socmed/usage.js";
