import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kafka, logLevel, type Consumer, type KafkaConfig } from "kafkajs";
import { onTestFinished } from "vitest";
import { startBroker, type Broker } from "../src/index.js";
import { createTopics } from "../src/protocol/topic-apis.js";
import { connectTo, type ProtocolClient } from "./protocol-client.js";

/** A directory that goes when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "embedded-kafka-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A broker that is closed when the test ends; `log` keeps what it logged. */
export async function temporaryBroker(dataDir = temporaryDirectory()): Promise<Broker & { readonly lines: string[] }> {
  const lines: string[] = [];
  const broker = await startBroker({ dataDir, log: (line) => lines.push(line) });
  onTestFinished(() => broker.close());
  return { ...broker, lines };
}

export function kafkaOf({ address }: Broker, config: Partial<KafkaConfig> = {}): Kafka {
  const retry = { initialRetryTime: 20, maxRetryTime: 200, retries: 8 };
  return new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry, ...config });
}

/** A protocol client that is closed when the test ends. */
export async function temporaryClient({ port }: { readonly port: number }): Promise<ProtocolClient> {
  const client = await connectTo(port);
  onTestFinished(() => client.close());
  return client;
}

export async function createTopic(
  client: ProtocolClient,
  name: string,
  partitions = 1,
  configs: Readonly<Record<string, string>> = {},
): Promise<number> {
  const answer = await client.request(createTopics, {
    topics: [
      {
        name,
        partitions,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 1000,
    validateOnly: false,
  });
  return answer.topics[0]?.error ?? -1;
}

/** A kafkajs consumer with short waits, which leaves its group when the test ends. */
export function temporaryConsumer(kafka: Kafka, groupId: string): Consumer {
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 100,
    heartbeatInterval: 100,
    sessionTimeout: 6000,
    rebalanceTimeout: 6000,
  });
  onTestFinished(() => consumer.disconnect());
  return consumer;
}
