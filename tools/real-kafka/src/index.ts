export { createCertificates, readCertificate } from "./certificates.js";
export type { CertificateFiles } from "./certificates.js";
export { RealKafkaError } from "./errors.js";
export type { RealKafkaErrorCode } from "./errors.js";
export { startRealKafka } from "./real-kafka.js";
export type { RealKafka, RealKafkaOptions } from "./real-kafka.js";
export type { SecureListener, Security, ServerCertificate } from "./security.js";
export { findJava } from "./java.js";
export { findFreePort } from "./ports.js";
