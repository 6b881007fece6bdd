import { patchKafkajs, type KafkaConnection } from "@tidemark/sources/kafkajs";
import { Kafka, logLevel, type Admin, type Producer } from "kafkajs";

/**
 * kafkajs, silent and with few retries of its own: the retrier repeats the calls, knows why they failed, and says so once.
 * That is right for the idempotent producer as long as a partition has one request in flight (see lanes).
 */
export function createClient(
  brokers: readonly string[],
  { ssl, sasl }: KafkaConnection = {},
): { readonly admin: Admin; readonly producer: Producer } {
  patchKafkajs();
  const retry = { retries: 1, initialRetryTime: 50, maxRetryTime: 500 };
  const kafka = new Kafka({
    clientId: "tidemark-producer",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry,
    ...(ssl !== undefined && { ssl }),
    ...(sasl !== undefined && { sasl }),
  });
  return {
    admin: kafka.admin({ retry }),
    producer: kafka.producer({ idempotent: true, allowAutoTopicCreation: false, maxInFlightRequests: 1, retry }),
  };
}
