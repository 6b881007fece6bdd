import { randomInt, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Broker, EmbeddedKafkaError, startBroker } from "@tidemark/embedded-kafka";
import { Kafka, logLevel, type Admin } from "kafkajs";

const given = process.env["TIDEMARK_TEST_KAFKA"];

/**
 * Whether the broker is one that was given (TIDEMARK_TEST_KAFKA: its address) and no embedded one. Tests that stop the broker
 * and start it again, or edit its files meanwhile, are skipped then: of a given one there is only the address.
 */
export const brokerIsGiven = given !== undefined;

export interface TestKafka {
  readonly address: string;
  readonly clusterId: string;
  /** A topic that nobody else uses; it is not made yet. */
  readonly topic: string;
  /** A group that nobody else uses. */
  readonly group: string;
  createTopic(topic: string, partitions: number): Promise<void>;
  /** Sends the values `from` to `to` - 1 to a partition, as one batch, with the value as timestamp. */
  produce(topic: string, partition: number, from: number, to: number): Promise<void>;
  /** Deletes what is below an offset. */
  deleteRecords(topic: string, partition: number, below: number): Promise<void>;
  withAdmin<T>(ask: (admin: Admin) => Promise<T>): Promise<T>;
  /** Stops the broker, and gives its directory; `up` starts it again on the same port and directory. */
  down(): Promise<string>;
  up(): Promise<void>;
  close(): Promise<void>;
}

export async function startKafka(): Promise<TestKafka> {
  const { address, clusterId, ...broker } = given === undefined ? await startEmbedded() : takeGiven(given);
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

  const own = randomUUID().slice(0, 8);
  return {
    ...broker,
    address,
    clusterId: clusterId ?? (await withAdmin((admin) => admin.describeCluster())).clusterId,
    topic: `events-${own}`,
    group: `readers-${own}`,
    withAdmin,
    async createTopic(topic, numPartitions) {
      // The records are as old as their values say.
      const configEntries = [{ name: "retention.ms", value: "-1" }];
      await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] }));
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
  };
}

type TestBroker = Pick<TestKafka, "address" | "down" | "up" | "close"> & Partial<Pick<TestKafka, "clusterId">>;

function takeGiven(address: string): TestBroker {
  const refuse = (): Promise<never> => Promise.reject(new Error("a broker that was given is not stopped by a test"));
  return { address, down: refuse, up: refuse, close: () => Promise.resolve() };
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

async function startEmbedded(): Promise<TestBroker> {
  const dataDir = await mkdtemp(join(tmpdir(), "tidemark-sources-"));
  let broker = await startOnQuietPort(dataDir);
  const { address, clusterId, port } = broker;
  return {
    address,
    clusterId,
    async down() {
      await broker.close();
      return dataDir;
    },
    async up() {
      broker = await startBroker({ dataDir, port });
    },
    async close() {
      await broker.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
