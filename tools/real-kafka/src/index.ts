export { RealKafkaError } from "./errors.js";
export type { RealKafkaErrorCode } from "./errors.js";
export { startRealKafka } from "./real-kafka.js";
export type { RealKafka, RealKafkaOptions } from "./real-kafka.js";
