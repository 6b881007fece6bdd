import type { Admin, Kafka, RetryOptions } from "kafkajs";
import { refused, SourceError, topicMissing, unreachable } from "./errors.js";
import type { PartitionOffsets } from "./kafka-port.js";
import type { BrokerObserver } from "./kafkajs-broker.js";
import { createClient, type ClientOptions } from "./kafkajs-client.js";
import { diagnoseFailure } from "./kafka-probe.js";
import { findRoot, isMissingTopic, classifyError } from "./kafkajs-errors.js";
import { parseOffset } from "./offset.js";

const ONCE_MORE: RetryOptions = { retries: 1, initialRetryTime: 100, factor: 0.2, multiplier: 2, maxRetryTime: 200 };

export interface ReadOptions extends Pick<ClientOptions, "connection" | "clientId"> {
  /** Gives up: the call rejects. */
  readonly signal?: AbortSignal;
}

/**
 * Reads the first offset of every partition, its end (the last stable offset, which is what can be read by now), and its high
 * watermark, read before that: where it is higher, a transaction is open. In partition order.
 *
 * @throws SourceError `topic-missing`, `unreachable` (both retryable), `unsafe-offset`, and what a connection or Kafka refuses
 */
export async function readOffsets(
  brokers: readonly string[],
  topic: string,
  options: ReadOptions = {},
): Promise<readonly PartitionOffsets[]> {
  const highWatermarks = new Map<number, string>();
  const observer: BrokerObserver = {
    listed: (partition, highWatermark) => void highWatermarks.set(partition, highWatermark),
  };
  const offsets = await askKafka({ brokers, ...options }, topic, (admin) => admin.fetchTopicOffsets(topic), observer);
  return offsets
    .map(({ partition, low, high }) => {
      const [start, end] = [parseOffset(low), parseOffset(high)];
      return {
        partition,
        start,
        end,
        highWatermark: Math.max(parseOffset(highWatermarks.get(partition) ?? high), end),
      };
    })
    .sort((a, b) => a.partition - b.partition);
}

/**
 * Reads the id that the cluster drew when it was made; empty where the broker reports none.
 *
 * @throws SourceError `unreachable` (retryable), and what a connection or Kafka refuses
 */
export async function readClusterId(brokers: readonly string[], options: ReadOptions = {}): Promise<string> {
  const cluster = await askKafka({ brokers, ...options }, "", (admin) => admin.describeCluster());
  // kafkajs types it as always there; the protocol does not.
  return (cluster.clusterId as string | null) ?? "";
}

/**
 * The members that a consumer group has now, each as a person knows it: its client id and host.
 *
 * @throws SourceError `unreachable` (retryable), and what a connection or Kafka refuses
 */
export async function readGroupMembers(
  brokers: readonly string[],
  group: string,
  options: ReadOptions = {},
): Promise<readonly string[]> {
  const { groups } = await askKafka({ brokers, ...options }, "", (admin) => admin.describeGroups([group]));
  return groups.flatMap(({ members }) => members.map(({ clientId, clientHost }) => `${clientId} at ${clientHost}`));
}

/**
 * Whether the topic exists with all its leaders.
 *
 * @throws SourceError `unreachable` (retryable), and what a connection or Kafka refuses
 */
export async function hasTopic(options: ClientOptions, topic: string, signal: AbortSignal): Promise<boolean> {
  try {
    await askKafka({ ...options, signal }, topic, (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
    return true;
  } catch (error) {
    if (error instanceof SourceError && error.code === "topic-missing") return false;
    throw error;
  }
}

/** A connection for one question: such questions are rare, and an idle connection would have to be looked after. */
export async function askKafka<T>(
  options: ClientOptions & Pick<ReadOptions, "signal">,
  topic: string,
  ask: (admin: Admin) => Promise<T>,
  observer?: BrokerObserver,
): Promise<T> {
  const { signal } = options;
  signal?.throwIfAborted();
  const client = createClient(options, ONCE_MORE, observer);
  signal?.addEventListener("abort", client.close);
  try {
    return await connectAndAsk(client.kafka, ask);
  } catch (error) {
    if (isMissingTopic(error)) throw topicMissing(topic, error);
    if (error instanceof SourceError) throw error;
    const failure = await diagnoseFailure(error, { ...options, ...(topic === "" ? {} : { topic }) }, signal);
    if (failure !== undefined) throw failure;
    throw classifyError(error) === "fatal"
      ? refused(options.brokers, findRoot(error))
      : unreachable(options.brokers, findRoot(error));
  } finally {
    signal?.removeEventListener("abort", client.close);
    client.close();
  }
}

async function connectAndAsk<T>(kafka: Kafka, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  const answer = await ask(admin);
  await admin.disconnect();
  return answer;
}
