import { Kafka, logLevel } from "kafkajs";
import { CannotVerifyError, kafkaUnreachable, noTopic } from "./errors.js";

/** The first offset that can be read, and the one behind the last. */
export interface LogRange {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

export function createKafka(brokers: readonly string[]): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId: "tidemark-verify",
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { retries: 5, initialRetryTime: 100, factor: 0.2, multiplier: 2, maxRetryTime: 1_000 },
    logLevel: logLevel.NOTHING,
  });
}

/**
 * The cluster's id, and what of each partition can be read now, in partition order.
 *
 * @throws CannotVerifyError `no-topic`, `kafka-unreachable`
 */
export async function readLogRanges(
  brokers: readonly string[],
  topic: string,
): Promise<{ readonly clusterId: string; readonly ranges: readonly LogRange[] }> {
  const admin = createKafka(brokers).admin();
  try {
    await admin.connect();
    const { clusterId } = await admin.describeCluster();
    const offsets = await admin.fetchTopicOffsets(topic);
    const ranges = offsets
      .map(({ partition, low, high }) => ({ partition, start: Number(low), end: Number(high) }))
      .sort((a, b) => a.partition - b.partition);
    return { clusterId, ranges };
  } catch (error) {
    throw judge(error, brokers, topic);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** What kafkajs rejected with, as a sentence for people. */
export function judge(error: unknown, brokers: readonly string[], topic: string): CannotVerifyError {
  if (error instanceof CannotVerifyError) return error;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("type" in cause && cause.type === "UNKNOWN_TOPIC_OR_PARTITION") return noTopic(topic, error);
  }
  return kafkaUnreachable(brokers, error);
}
