export type { Annotation } from "./annotation.js";
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
export { panelsOf, place, type Dashboard, type PlacedPanel } from "./dashboard.js";
export { PanelError, type PanelErrorCode } from "./errors.js";
export { expandMacros, type View } from "./expand.js";
export { formatNumber, levelOf, type Formatted } from "./format.js";
export { timeFilter, timeTo } from "./macros.js";
export { byName, isName, MOST, mostOf, nameOrOther, OTHER_NAME } from "./most.js";
export { definePanel, type Panel, type PanelDefinition, type PanelKind, type RowOfPanel, type Show } from "./panel.js";
export { isPipeline } from "./pipeline.js";
export { readRows } from "./read-rows.js";
export { renderSql } from "./render.js";
export { fineRangeMs, isCoarse, isFine, isLong, minutesOrHours, pointOf, pointsOf, wholeOf } from "./resolution.js";
export { allValue, createTopicVariable, isChosen, isTopic, type Variable, type VariableName } from "./variables.js";
export { createHealthDashboard, createHealthPanels, type HealthPanels } from "./health/health.js";
export { lateBurst } from "./health/late-bursts.js";
export type { VerdictTable, VerdictTables } from "./health/verdicts.js";
