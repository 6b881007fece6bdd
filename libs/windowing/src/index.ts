export { type Aggregate, type AggregateResult, custom, type CustomAggregate, type Mean } from "./aggregates.js";
export {
  assignWindows,
  checkAssigner,
  hopping,
  type HoppingAssigner,
  mergeSessions,
  session,
  type SessionAssigner,
  tumbling,
  type TumblingAssigner,
  type Window,
  type WindowAssigner,
  windowIndex,
  windowStart,
} from "./assigners.js";
export { MAX_TIME_MS } from "./checks.js";
export { type Id, textOfId } from "./dedup.js";
export {
  checkDefinition,
  DEFAULT_MAX_LIVE_IDS,
  defineTask,
  type EventOf,
  type OfEvents,
  type RetractedRowOf,
  type Rollup,
  type RowOf,
  type TaskDefinition,
} from "./definition.js";
export { RefusedValueError, WindowingError, type WindowingErrorCode } from "./errors.js";
export type { Explanation, SourceExplanation, WindowExplanation } from "./explain.js";
export { type KeyLimit, OTHER_KEY } from "./key-limit.js";
export { isOpen } from "./lateness.js";
export { addLedgers, checkLedger, createLedger, type Ledger, type Verdict } from "./ledger.js";
export {
  createOperator,
  defineOperator,
  type Operator,
  type OperatorCheckpoint,
  type OperatorDefinition,
  type OperatorInput,
  type OperatorSnapshot,
  type SavedPart,
  type SourceCheckpoint,
  type SourcesDefinition,
} from "./operator.js";
export type { LateNote, PartlyLateNote, QuarantineNote, RejectNote } from "./notes.js";
export type { SavedId, SavedIds, SavedRollup, SavedRow, SavedTime, SavedWindow, Snapshot } from "./snapshot.js";
export { step, type StepInput, type StepOutput } from "./step.js";
export { type Checkpoint, createTask, type RollupChanges, type StepResult, type Task } from "./task.js";
export { NO_EVENT_YET, watermarkOf } from "./watermark.js";
export {
  createWatermarks,
  type Watermarks,
  type WatermarksDefinition,
  type WatermarksSnapshot,
  type WhenAllIdle,
} from "./watermarks.js";
export { windowed, type Output, type WindowedOptions } from "./windowed.js";
export type { FullWindow, Held } from "./windowing.js";
