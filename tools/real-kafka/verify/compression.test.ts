import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSource } from "@tidemark/sources";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startRealKafka, type RealKafka } from "../src/index.js";

const COMPRESSIONS = ["gzip", "snappy", "lz4", "zstd"] as const;
const values = Array.from({ length: 5_000 }, (_, n) => `value-${n} ${"x".repeat(n % 200)}`);

let directory: string;
let kafka: RealKafka;
let client: Kafka;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tidemark-compression-"));
  kafka = await startRealKafka({ dataDir: join(directory, "kafka") });
  client = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  // The broker compresses what it is sent, by the code that the JVM's clients have.
  const topics = COMPRESSIONS.map((value) => {
    return { topic: value, numPartitions: 1, configEntries: [{ name: "compression.type", value }] };
  });
  await admin.createTopics({ topics });
  await admin.disconnect();
});

afterAll(async () => {
  await kafka.kill();
  rmSync(directory, { recursive: true, force: true });
});

test.each(COMPRESSIONS)("a topic that is compressed by %s is read", async (topic) => {
  const producer = client.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
  const read: string[] = [];
  const source = createSource({
    brokers: [kafka.address],
    topic,
    group: `readers-of-${topic}`,
    claim: async () => ({
      nextOffset: 0,
      async accept(batch) {
        read.push(...batch.records.map(({ value }) => String(value)));
        if (batch.nextOffset === batch.logEndOffset) void source.stop();
      },
      async close() {},
    }),
  });
  onTestFinished(() => source.stop());
  await source.start();
  await source.done;
  expect(read).toEqual(values);
});
