import { describeAddress, parseAddress } from "@tidemark/sinks/address";

/** Why nothing can be said about the tables, as a literal. */
export type CannotVerifyCode =
  | "kafka-unreachable"
  | "kafka-refused"
  | "postgres-unreachable"
  | "no-topic"
  | "no-tables"
  | "no-checkpoints"
  | "several-pipelines"
  | "several-topics"
  | "another-cluster"
  | "bad-definition"
  | "inexact-sum"
  | "log-begins-later"
  | "log-ends-earlier";

/** The comparison could not be made; its message is one sentence or two: what is in the way, and what to do. */
export class CannotVerifyError extends Error {
  override readonly name = "CannotVerifyError";
  readonly code: CannotVerifyCode;

  constructor(code: CannotVerifyCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export function kafkaUnreachable(brokers: readonly string[], cause: unknown): CannotVerifyError {
  return new CannotVerifyError(
    "kafka-unreachable",
    `Kafka at ${brokers.join(", ")} cannot be read (${describe(cause)}): check KAFKA_BROKERS, and that it runs.`,
    cause,
  );
}

export function kafkaRefused(message: string, cause: unknown): CannotVerifyError {
  return new CannotVerifyError("kafka-refused", message, cause);
}

export function postgresUnreachable(databaseUrl: string, cause: unknown): CannotVerifyError {
  return new CannotVerifyError(
    "postgres-unreachable",
    `Postgres at ${describeAddress(parseAddress(databaseUrl))} cannot be read (${describe(cause)}): check DATABASE_URL, and that it runs.`,
    cause,
  );
}

export function noTopic(topic: string, cause?: unknown): CannotVerifyError {
  return new CannotVerifyError("no-topic", `Kafka has no topic ${topic}: check --topic or KAFKA_TOPIC.`, cause);
}

export function noTables(databaseUrl: string, cause: unknown): CannotVerifyError {
  return new CannotVerifyError(
    "no-tables",
    `The database at ${describeAddress(parseAddress(databaseUrl))} has no tables of the consumer (${describe(cause)}): check DATABASE_URL, or run the consumer first.`,
    cause,
  );
}

export function noCheckpoints(topic: string, pipeline?: string): CannotVerifyError {
  const owner = pipeline === undefined ? "" : `, by the pipeline ${pipeline}`;
  return new CannotVerifyError(
    "no-checkpoints",
    `The tables hold no checkpoint of topic ${topic}${owner}: no consumer has read it into this database.`,
  );
}

export function nothingRead(pipeline: string): CannotVerifyError {
  return new CannotVerifyError(
    "no-checkpoints",
    `The tables hold no checkpoint of the pipeline ${pipeline}: no consumer has read a topic for it into this database.`,
  );
}

export function severalTopics(pipeline: string, topics: readonly string[]): CannotVerifyError {
  return new CannotVerifyError(
    "several-topics",
    `The pipeline ${pipeline} has read several topics into this database (${topics.join(", ")}): choose one of them by --topic or KAFKA_TOPIC.`,
  );
}

export function severalPipelines(topic: string, names: readonly string[]): CannotVerifyError {
  return new CannotVerifyError(
    "several-pipelines",
    `Several pipelines have read topic ${topic} into this database (${names.join(", ")}): choose one of them by --pipeline.`,
  );
}

export function anotherCluster(topic: string, stored: string, found: string): CannotVerifyError {
  return new CannotVerifyError(
    "another-cluster",
    `The tables of topic ${topic} were written from the Kafka cluster ${stored}, and this is ${found}: check KAFKA_BROKERS and DATABASE_URL.`,
  );
}

export function badDefinition(hash: string, detail: string): CannotVerifyError {
  return new CannotVerifyError("bad-definition", `The pipeline definition ${hash} cannot be used: ${detail}.`);
}

/** What the oracle itself refuses. */
export function inexactSum(topic: string, partition: number, offset: number, cause: RangeError): CannotVerifyError {
  return new CannotVerifyError(
    "inexact-sum",
    `${topic}[${partition}] cannot be recomputed at offset ${offset}: ${cause.message}`,
    cause,
  );
}

/** What is given of a partition's log no longer holds what the tables were made from. */
export function logBeginsLater(
  topic: string,
  partition: number,
  found: { readonly logStart: number; readonly startOffset: number; readonly lost: number },
): CannotVerifyError {
  return new CannotVerifyError(
    "log-begins-later",
    `${describeLoss(topic, partition, found)} The outcomes of later records depend on those, so that nothing is compared.`,
  );
}

/** Which records a log has lost that tables were made of. */
export function describeLoss(
  topic: string,
  partition: number,
  { logStart, startOffset, lost }: { readonly logStart: number; readonly startOffset: number; readonly lost: number },
): string {
  const ofThem = lost > 0 ? ` (${lost} of them were lost before the consumer read them)` : "";
  return (
    `The log of ${topic}[${partition}] begins at offset ${logStart}, and its tables at ${startOffset}: ` +
    `nothing is left to prove them by from the ${logStart - startOffset} offsets between${ofThem}.`
  );
}

export function logEndsEarlier(topic: string, partition: number, end: number, nextOffset: number): CannotVerifyError {
  return new CannotVerifyError(
    "log-ends-earlier",
    `The log of ${topic}[${partition}] ends at offset ${end}, and its tables at ${nextOffset}: they were made from another log.`,
  );
}

/** The innermost cause: kafkajs wraps the error that tells. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return describe(error.cause);
  const code = (error as { readonly code?: unknown }).code;
  return error.message === "" ? String(code) : error.message.replace(/\.$/, "");
}
