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
export type { OracleDefinition, OracleMeasure, OracleRollup } from "./definition.js";
export type { OracleWindow } from "./open-windows.js";
export { partitionOfKey } from "./partition.js";
export {
  createPartitionOracle,
  type Judgement,
  type LogRecord,
  type OracleLedger,
  type PartitionOracle,
} from "./partition-oracle.js";
export type { OracleRow } from "./row.js";
