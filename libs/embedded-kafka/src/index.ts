export { startBroker } from "./broker.js";
export type { Broker, BrokerOptions } from "./broker.js";
export { EmbeddedKafkaError } from "./errors.js";
export type { EmbeddedKafkaErrorCode } from "./errors.js";
