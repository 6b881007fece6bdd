export type { SourceBatch, SourceRecord } from "./batch.js";
export type { KafkaConnection } from "./connection.js";
export { SourceError, type SourceErrorCode } from "./errors.js";
export type { ConnectionEvent, SourceEvent } from "./event.js";
export type { FetchedBatch, KafkaListener, KafkaPort, PartitionOffsets } from "./kafka-port.js";
export { readClusterId, readOffsets } from "./kafkajs-admin.js";
export type { OnLost, SourceOptions } from "./options.js";
export { createSource, createSourceOn, type Source } from "./source.js";
export type { Claim, ClaimContext, PartitionTask } from "./task.js";
