export { parseDatabaseUrl, redactUrl } from "./database-url.js";
export { AddressError } from "./errors.js";
export type { AddressErrorCode } from "./errors.js";
export { parseDuration } from "@tidemark/pipeline/duration";
export { EXIT_CODES, SIGNAL_EXIT_CODES } from "./exit-codes.js";
export { findAddresses } from "./finder.js";
export type { Addresses, FindAddressesOptions, FoundAddresses, ServerName } from "./finder.js";
export { loadPipeline, PipelineModuleError } from "./load-pipeline.js";
export { parseKafkaBrokers } from "./kafka-brokers.js";
export { kafkaConnectionUsage, NO_KAFKA_CONNECTION } from "./kafka-connection.js";
export { adviseOnKafka } from "./kafka-advice.js";
export {
  directory,
  duration,
  flag,
  hostName,
  oneOf,
  port,
  rate,
  text,
  time,
  topic,
  wholeNumber,
} from "./option-types.js";
export {
  keysGoTogether,
  oneOutput,
  outputFlags,
  pipelineVariables,
  readOutput,
  readPipelineVariables,
  type PipelineVariables,
} from "./pipeline-variables.js";
export { answerOptions, parseOptions } from "./options.js";
export type { ParsedOptions } from "./options.js";
export { watchParent } from "./parent-watch.js";
export { isProcessAlive, waitForProcessEnd } from "./process-life.js";
export { findRepositoryRoot, resolveTidemarkDir } from "./repository.js";
export { parseStackFile, readStackFile, removeStackFile, stackFilePath, writeStackFile } from "./stack-file.js";
export type { StackFile } from "./stack-file.js";
export { tellConfigured, waitForConfigured } from "./start-order.js";
export { createStopSignal, StopRequest, stopWithStack } from "./stop-signal.js";
export type { StopCause, StopOptions, StopSignal } from "./stop-signal.js";
export { createTerminal } from "./terminal.js";
export type { Terminal, TerminalOptions } from "./terminal.js";
