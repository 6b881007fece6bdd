export {
  answer,
  createAnswering,
  createPlacement,
  type Answering,
  type AnsweringOptions,
  type AnswerOptions,
  type Answers,
  type Located,
  type StreamRecord,
} from "./answers.js";
export { createDecode, type OracleEvent } from "./decode.js";
export type {
  OracleAggregate,
  OracleDefinition,
  OracleField,
  OracleFieldType,
  OracleRate,
  OracleRejection,
  OracleRollup,
  OracleTimeUnit,
} from "./definition.js";
export { timeMsOf } from "./iso-time.js";
export { valueNamesOf, type OracleWindow } from "./open-windows.js";
export { partitionOfKey } from "./partition.js";
export {
  createPartitionOracle,
  type AskDatabase,
  type DatabaseDecision,
  type Judgement,
  type LogRecord,
  type OracleLedger,
  type PartitionOracle,
  type Timed,
} from "./partition-oracle.js";
export type { RejectionReason } from "./rejection-reason.js";
export type { OracleRow } from "./row.js";
