import { adviseOnKafka } from "@tidemark/cli";
import {
  diagnoseFailure,
  installCodecs,
  patchKafkajsBroker,
  patchKafkajs,
  type KafkaConnection,
} from "@tidemark/sources/kafkajs";
import { Kafka, logLevel } from "kafkajs";
import { CannotVerifyError, kafkaRefused, kafkaUnreachable, noTopic } from "./errors.js";

/** A Kafka and how to connect to it. */
export interface KafkaPlace {
  readonly brokers: readonly string[];
  /** TLS and SASL; undefined: neither. */
  readonly connection?: KafkaConnection | undefined;
  /** How large a batch may be when it is unpacked; undefined: the default of libs/sources. */
  readonly maxBatchBytes?: number | undefined;
}

/** The first offset that can be read, and the one behind the last. */
export interface LogRange {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

export function createKafka({ brokers, connection: { ssl, sasl } = {}, maxBatchBytes }: KafkaPlace): Kafka {
  installCodecs(maxBatchBytes);
  patchKafkajs();
  patchKafkajsBroker();
  return new Kafka({
    brokers: [...brokers],
    clientId: "tidemark-verify",
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { retries: 5, initialRetryTime: 100, factor: 0.2, multiplier: 2, maxRetryTime: 1_000 },
    logLevel: logLevel.NOTHING,
    ...(ssl !== undefined && { ssl }),
    ...(sasl !== undefined && { sasl }),
  });
}

/**
 * The cluster's id (empty where the broker reports none), and what of each partition can be read now, in partition order.
 *
 * @throws CannotVerifyError `no-topic`, `kafka-refused`, `kafka-unreachable`
 */
export async function readLogRanges(
  kafka: KafkaPlace,
  topic: string,
): Promise<{ readonly clusterId: string; readonly ranges: readonly LogRange[] }> {
  const admin = createKafka(kafka).admin();
  try {
    await admin.connect();
    const { clusterId } = await admin.describeCluster();
    const offsets = await admin.fetchTopicOffsets(topic);
    const ranges = offsets
      .map(({ partition, low, high }) => ({ partition, start: Number(low), end: Number(high) }))
      .sort((a, b) => a.partition - b.partition);
    // kafkajs types it as always there; the protocol does not.
    return { clusterId: (clusterId as string | null) ?? "", ranges };
  } catch (error) {
    throw await judge(error, kafka, topic);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** What kafkajs rejected with, as a sentence for people. */
export async function judge(
  error: unknown,
  kafka: KafkaPlace,
  topic: string,
  group?: string,
): Promise<CannotVerifyError> {
  if (error instanceof CannotVerifyError) return error;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("type" in cause && cause.type === "UNKNOWN_TOPIC_OR_PARTITION") return noTopic(topic, error);
  }
  const failure = await diagnoseFailure(error, { ...kafka, topic, group });
  if (failure === undefined || failure.retryable) return kafkaUnreachable(kafka.brokers, failure ?? error);
  return kafkaRefused(`${failure.message}${adviseOnKafka(failure.code)}.`, error);
}
