/** For programs with a kafkajs client of their own: the same sentences about what failed. */
export { installCodecs } from "./compression/install-codecs.js";
export type { KafkaConnection } from "./connection.js";
export { SourceError } from "./errors.js";
export type { FailureContext } from "./kafka-failure.js";
export { diagnoseFailure } from "./kafka-probe.js";
export { patchKafkajsBroker } from "./kafkajs-broker.js";
export { patchKafkajs } from "./kafkajs-patches.js";
