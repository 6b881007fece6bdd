export type { Aggregate } from "./aggregates.js";
export { checkDefinition, DEFAULT_MAX_LIVE_IDS, MAX_TIME_MS, type Rollup, type TaskDefinition } from "./definition.js";
export { RefusedValueError, WindowingError, type WindowingErrorCode } from "./errors.js";
export { addLedgers, checkLedger, createLedger, type Ledger, type Verdict } from "./ledger.js";
export { isOpen } from "./lateness.js";
export type { SavedRollup, WindowRow } from "./rollup-state.js";
export type { Snapshot } from "./snapshot.js";
export {
  type Checkpoint,
  createTask,
  type LateNote,
  type QuarantineNote,
  type RejectNote,
  type StepResult,
  type Task,
  type TaskRecord,
} from "./task.js";
export { windowEnd, windowIndex, windowStart } from "./tumbling.js";
export { advanceMaxEventTime, NO_EVENT_YET, watermarkOf } from "./watermark.js";
