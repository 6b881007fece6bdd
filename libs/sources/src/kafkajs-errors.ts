import { isRetryable, SourceError } from "./errors.js";

/**
 * - `fatal`: Kafka says no, and will say it again
 * - `transient`: network, elections, rebalances, a topic that is not there yet
 * - `unknown`: neither is certain (a TypeError inside kafkajs after a lost broker, a batch that cannot be decoded): worth a few tries
 */
export type Verdict = "fatal" | "transient" | "unknown";

const FATAL_TYPES = new Set([
  "TOPIC_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "SASL_AUTHENTICATION_FAILED",
  "UNSUPPORTED_SASL_MECHANISM",
  "UNSUPPORTED_VERSION",
  "UNSUPPORTED_COMPRESSION_TYPE",
  "INVALID_TOPIC_EXCEPTION",
  "INVALID_GROUP_ID",
  "INVALID_SESSION_TIMEOUT",
  "INCONSISTENT_GROUP_PROTOCOL",
]);

const FATAL_NAMES = new Set([
  "KafkaJSSASLAuthenticationError",
  "KafkaJSServerDoesNotSupportApiKey",
  "KafkaJSNotImplemented",
  "KafkaJSUnsupportedMagicByteInMessageSet",
]);

// kafkajs marks these as not retriable, since its own retry of the one request would not help; a new session does.
const TRANSIENT_TYPES = new Set([
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "REBALANCE_IN_PROGRESS",
  "OFFSET_OUT_OF_RANGE",
  "BROKER_NOT_AVAILABLE",
]);

const TRANSIENT_NAMES = new Set(["KafkaJSGroupCoordinatorNotFound", "KafkaJSLockTimeout", "KafkaJSTimeout"]);

/** Classifies an error of kafkajs by the whole chain of its causes. */
export function classifyError(error: unknown): Verdict {
  const chain = listCauses(error);
  if (chain.some(isFatal)) return "fatal";
  const root = chain.at(-1);
  if (isRetryable(root)) return "transient";
  if (!isKafkajsError(root)) return "unknown";
  if (isPassingSaslError(root)) return "transient";
  const transient = root.retriable === true || TRANSIENT_NAMES.has(root.name) || TRANSIENT_TYPES.has(typeOf(root));
  return transient ? "transient" : "unknown";
}

/** By its name: an ES module cannot import kafkajs's error classes, which Node does not see among its exports. */
export function isKafkajsError(error: unknown): error is Error & { readonly retriable?: boolean } {
  return error instanceof Error && error.name.startsWith("KafkaJS");
}

/** Whether Kafka said that it does not know the topic, or has not elected its leaders yet. */
export function isMissingTopic(error: unknown): boolean {
  return listCauses(error).some((cause) => {
    const type = typeOf(cause);
    return type === "UNKNOWN_TOPIC_OR_PARTITION" || type === "LEADER_NOT_AVAILABLE";
  });
}

/** The error at the bottom of kafkajs's wrappers, which has the message that tells. */
export function findRoot(error: unknown): Error {
  const root = listCauses(error).at(-1);
  return root instanceof Error ? root : new Error(String(error));
}

/** Whether an authentication failed by the connection, and not by its answer: kafkajs wraps both in the same error. */
export function isPassingSaslError(error: Error): boolean {
  return /failed: (Closed connection|Connection |Not connected|Request .* timed out|the client is closed)/.test(
    error.message,
  );
}

function isFatal(error: unknown): boolean {
  if (error instanceof SourceError) return !error.retryable;
  if (error instanceof Error && isPassingSaslError(error)) return false;
  return FATAL_TYPES.has(typeOf(error)) || (error instanceof Error && FATAL_NAMES.has(error.name));
}

/** The name that Kafka's protocol gives to an error; empty where it has none. */
export function typeOf(error: unknown): string {
  return error instanceof Error && "type" in error && typeof error.type === "string" ? error.type : "";
}

/** The error and what it wraps, from outside to inside; of several errors the first. */
export function listCauses(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let cause = error; cause !== undefined && cause !== null && !chain.includes(cause);) {
    chain.push(cause);
    if (!(cause instanceof Error)) break;
    cause = "errors" in cause && Array.isArray(cause.errors) ? (cause.errors[0] as unknown) : cause.cause;
  }
  return chain;
}
