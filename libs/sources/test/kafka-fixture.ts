import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, EmbeddedKafkaError, startBroker } from "@tidemark/embedded-kafka";
import { Kafka, logLevel, type Admin } from "kafkajs";

export interface TestKafka {
  readonly address: string;
  readonly dataDir: string;
  readonly clusterId: string;
  createTopic(topic: string, partitions: number): Promise<void>;
  /** Sends the values `from` to `to` - 1 to a partition, as one batch, with the value as timestamp. */
  produce(topic: string, partition: number, from: number, to: number): Promise<void>;
  /** Deletes what is below an offset. */
  deleteRecords(topic: string, partition: number, below: number): Promise<void>;
  withAdmin<T>(ask: (admin: Admin) => Promise<T>): Promise<T>;
  /** Stops the broker; `up` starts it again on the same port and directory. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A port below those that systems give away by themselves (from 32768 on), so that nobody comes by it while the broker is
 * down.
 */
async function startOnQuietPort(dataDir: string): Promise<Broker> {
  for (;;) {
    try {
      return await startBroker({ dataDir, port: randomInt(20_000, 32_000) });
    } catch (error) {
      if (!(error instanceof EmbeddedKafkaError) || error.code !== "port-in-use") throw error;
    }
  }
}

export async function startKafka(): Promise<TestKafka> {
  const dataDir = await mkdtemp(join(tmpdir(), "tidemark-sources-"));
  let broker = await startOnQuietPort(dataDir);
  const { address, port, clusterId } = broker;
  const kafka = new Kafka({
    brokers: [address],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 50, maxRetryTime: 200 },
  });

  async function withAdmin<T>(ask: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = kafka.admin();
    await admin.connect();
    try {
      return await ask(admin);
    } finally {
      await admin.disconnect();
    }
  }

  return {
    address,
    dataDir,
    clusterId,
    withAdmin,
    async createTopic(topic, numPartitions) {
      await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions }] }));
    },
    async produce(topic, partition, from, to) {
      const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: () => () => partition });
      await producer.connect();
      const messages = Array.from({ length: to - from }, (_, index) => {
        const value = from + index;
        return { partition, key: `key-${value}`, value: `${value}`, timestamp: `${value}` };
      });
      await producer.send({ topic, messages });
      await producer.disconnect();
    },
    async deleteRecords(topic, partition, below) {
      await withAdmin(async (admin) => {
        // kafkajs deletes nothing before it has seen the topic's metadata.
        await admin.fetchTopicOffsets(topic);
        await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: `${below}` }] });
      });
    },
    down: () => broker.close(),
    async up() {
      broker = await startBroker({ dataDir, port });
    },
    async close() {
      await broker.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
