import { createServer } from "node:net";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CompressionTypes, type Consumer, type KafkaMessage, type Producer } from "kafkajs";
import { expect, onTestFinished, test, vi } from "vitest";
import { startBroker, type Broker } from "../src/index.js";
import { metadata } from "../src/protocol/data-apis.js";
import { findCoordinator } from "../src/protocol/group-apis.js";
import { kafkaOf, temporaryBroker, temporaryClient, temporaryConsumer, temporaryDirectory } from "./temporary.js";

type Received = KafkaMessage & { readonly partition: number };

async function createTopic(broker: Broker, topic: string, numPartitions = 1): Promise<void> {
  const admin = kafkaOf(broker).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }] });
  await admin.disconnect();
}

async function connectProducer(broker: Broker, idempotent = false): Promise<Producer> {
  const producer = kafkaOf(broker).producer({ idempotent });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return producer;
}

async function consume(consumer: Consumer, topic: string, into: Received[]): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      into.push({ ...message, partition });
    },
  });
}

function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  return vi.waitFor(async () => expect(await condition()).toBe(true), { timeout: 20_000, interval: 20 });
}

const valuesOf = (messages: readonly Received[]) => messages.map(({ value }) => `${value}`);

test.each([
  ["plain", CompressionTypes.None],
  ["gzip", CompressionTypes.GZIP],
])(
  "keys, values, headers and timestamps come out as they went in, in order within a partition, %s",
  async (_, compression) => {
    const broker = await temporaryBroker();
    await createTopic(broker, "t", 3);
    const producer = await connectProducer(broker);
    const sent = Array.from({ length: 600 }, (_each, index) => ({
      key: `key ${index % 7}`,
      value: index % 50 === 0 ? null : `value ${index} ✓`,
      partition: index % 3,
      timestamp: `${1_700_000_000_000 + index}`,
      headers: { index: `${index}` },
    }));
    for (let at = 0; at < sent.length; at += 100) {
      await producer.send({ topic: "t", messages: sent.slice(at, at + 100), compression });
    }
    const received: Received[] = [];
    await consume(temporaryConsumer(kafkaOf(broker), "g"), "t", received);
    await until(() => received.length >= sent.length);
    const plain = received.map(({ key, value, partition, timestamp, headers }) => {
      return {
        key: `${key}`,
        value: value?.toString() ?? null,
        partition,
        timestamp,
        headers: { index: `${headers?.["index"]}` },
      };
    });
    for (const partition of [0, 1, 2]) {
      const expected = sent.filter((message) => message.partition === partition);
      expect(plain.filter((message) => message.partition === partition)).toEqual(expected);
      const offsets = received.filter((message) => message.partition === partition).map(({ offset }) => Number(offset));
      expect(offsets).toEqual(expected.map((_each, index) => index));
    }
  },
);

test("a message of nearly 1 MiB passes, a larger one is refused as Kafka does", async () => {
  const broker = await temporaryBroker();
  await createTopic(broker, "t");
  const producer = await connectProducer(broker);
  const value = "x".repeat(1_048_000);
  await producer.send({ topic: "t", messages: [{ value }] });
  const tooLarge = producer.send({ topic: "t", messages: [{ value: `${value}${value}` }] });
  await expect(tooLarge).rejects.toMatchObject({ type: "MESSAGE_TOO_LARGE" });
  const received: Received[] = [];
  await consume(temporaryConsumer(kafkaOf(broker), "g"), "t", received);
  await until(() => received.length > 0);
  expect(received[0]?.value?.length).toBe(value.length);
});

test("two members share the partitions, and one takes all when the other leaves", async () => {
  const broker = await temporaryBroker();
  await createTopic(broker, "t", 4);
  const producer = await connectProducer(broker);
  const send = (text: string) =>
    producer.send({
      topic: "t",
      messages: [0, 1, 2, 3].map((partition) => ({ partition, value: `${text} ${partition}` })),
    });
  const kafka = kafkaOf(broker);
  const [first, second] = [temporaryConsumer(kafka, "g"), temporaryConsumer(kafka, "g")];
  const [ofFirst, ofSecond]: [Received[], Received[]] = [[], []];
  await consume(first, "t", ofFirst);
  await send("early");
  await until(() => ofFirst.length === 4);
  await consume(second, "t", ofSecond);
  const admin = kafka.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  const membersOf = async () => {
    const { groups } = await admin.describeGroups(["g"]);
    return groups[0]?.state === "Stable" ? groups[0].members.length : 0;
  };
  await until(async () => (await membersOf()) === 2);
  expect((await admin.listGroups()).groups).toEqual([{ groupId: "g", protocolType: "consumer" }]);
  await send("shared");
  await until(() => ofFirst.length + ofSecond.length >= 8);
  expect(new Set(ofSecond.map(({ partition }) => partition)).size).toBe(2);
  expect(valuesOf([...ofFirst, ...ofSecond]).sort()).toEqual(
    ["early", "shared"].flatMap((text) => [0, 1, 2, 3].map((partition) => `${text} ${partition}`)),
  );
  await first.disconnect();
  await until(async () => (await membersOf()) === 1);
  await send("late");
  await until(() => valuesOf(ofSecond).filter((value) => value.startsWith("late")).length === 4);
});

test("a group goes on where it committed, also after a restart of the broker", async () => {
  const dataDir = temporaryDirectory();
  const broker = await startBroker({ dataDir });
  await createTopic(broker, "t", 2);
  const producer = await connectProducer(broker, true);
  const messages = (text: string) => [0, 1].map((partition) => ({ partition, value: `${text} ${partition}` }));
  await producer.send({ topic: "t", messages: messages("before") });
  const before: Received[] = [];
  const consumer = temporaryConsumer(kafkaOf(broker), "g");
  await consume(consumer, "t", before);
  await until(() => before.length === 2);
  await consumer.disconnect(); // Commits.
  await broker.close();

  const again = await startBroker({ dataDir, port: broker.port });
  onTestFinished(() => again.close());
  expect([again.clusterId, again.address]).toEqual([broker.clusterId, broker.address]);
  await producer.send({ topic: "t", messages: messages("after") });
  const after: Received[] = [];
  await consume(temporaryConsumer(kafkaOf(again), "g"), "t", after);
  await until(() => after.length === 2);
  expect(valuesOf(after).sort()).toEqual(["after 0", "after 1"]);
});

test("consumers and producers that stay through a restart go on by themselves", async () => {
  const dataDir = temporaryDirectory();
  const broker = await startBroker({ dataDir });
  await createTopic(broker, "t");
  const producer = await connectProducer(broker, true);
  const received: Received[] = [];
  await consume(temporaryConsumer(kafkaOf(broker), "g"), "t", received);
  await producer.send({ topic: "t", messages: [{ value: "before" }] });
  await until(() => received.length === 1);
  await broker.close();
  const again = await startBroker({ dataDir, port: broker.port });
  onTestFinished(() => again.close());
  await producer.send({ topic: "t", messages: [{ value: "after" }] });
  await until(() => valuesOf(received).includes("after"));
  expect(received.at(-1)?.offset).toBe("1");
});

test("offsets are found by their time, and records deleted upstream are gone for consumers", async () => {
  const broker = await temporaryBroker();
  await createTopic(broker, "t");
  const producer = await connectProducer(broker);
  const start = 1_700_000_000_000;
  const messages = Array.from({ length: 10 }, (_, index) => ({
    value: `${index}`,
    timestamp: `${start + index * 1000}`,
  }));
  await producer.send({ topic: "t", messages });
  const admin = kafkaOf(broker).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  expect(await admin.fetchTopicOffsetsByTimestamp("t", start + 4001)).toEqual([{ partition: 0, offset: "5" }]);
  await admin.deleteTopicRecords({ topic: "t", partitions: [{ partition: 0, offset: "7" }] });
  expect(await admin.fetchTopicOffsets("t")).toEqual([{ partition: 0, offset: "10", high: "10", low: "7" }]);
  const received: Received[] = [];
  await consume(temporaryConsumer(kafkaOf(broker), "g"), "t", received);
  await until(() => received.length > 0);
  expect(received[0]?.offset).toBe("7");
});

test("the admin creates, grows, describes and deletes topics", async () => {
  const broker = await temporaryBroker();
  const admin = kafkaOf(broker).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  const topics = [{ topic: "t", numPartitions: 2, configEntries: [{ name: "retention.ms", value: "-1" }] }];
  expect([await admin.createTopics({ topics }), await admin.createTopics({ topics })]).toEqual([true, false]);
  await admin.createPartitions({ topicPartitions: [{ topic: "t", count: 3 }] });
  const { topics: described } = await admin.fetchTopicMetadata({ topics: ["t"] });
  expect(described[0]?.partitions.map(({ partitionId, leader }) => [partitionId, leader]).sort()).toEqual([
    [0, 1],
    [1, 1],
    [2, 1],
  ]);
  const { resources } = await admin.describeConfigs({ includeSynonyms: true, resources: [{ type: 2, name: "t" }] });
  const retention = resources[0]?.configEntries.find(({ configName }) => configName === "retention.ms");
  expect(retention).toMatchObject({ configValue: "-1", isDefault: false });
  expect((await admin.describeCluster()).clusterId).toBe(broker.clusterId);
  await admin.deleteTopics({ topics: ["t"] });
  expect(await admin.listTopics()).toEqual([]);
});

test("a broker behind something else tells its clients to come by way of that", async () => {
  const broker = await startBroker({ dataDir: temporaryDirectory(), advertisedPort: 4_711 });
  onTestFinished(() => broker.close());
  expect(broker.address).toBe(`127.0.0.1:${broker.port}`);
  const client = await temporaryClient(broker);
  const { brokers } = await client.request(metadata, { topics: [], allowAutoTopicCreation: false });
  expect(brokers).toMatchObject([{ host: "127.0.0.1", port: 4_711 }]);
  const coordinator = await client.request(findCoordinator, { key: "g", keyType: 0 });
  expect(coordinator).toMatchObject({ host: "127.0.0.1", port: 4_711 });
});

test("a topic can be deleted while it is consumed, and the broker serves the others", async () => {
  const broker = await temporaryBroker();
  await Promise.all([createTopic(broker, "doomed"), createTopic(broker, "other")]);
  const producer = await connectProducer(broker);
  const received: Received[] = [];
  const consumer = temporaryConsumer(kafkaOf(broker, { retry: { initialRetryTime: 10, retries: 0 } }), "doomed");
  await consume(consumer, "doomed", received);
  await producer.send({ topic: "doomed", messages: [{ value: "v" }] });
  await until(() => received.length === 1);
  const admin = kafkaOf(broker).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: ["doomed"] });
  await admin.disconnect();
  // Another producer: kafkajs fails on all topics where one of those that it knows is gone.
  const another = await connectProducer(broker);
  await another.send({ topic: "other", messages: [{ value: "still here" }] });
  await createTopic(broker, "doomed");
  const anew: Received[] = [];
  await another.send({ topic: "doomed", messages: [{ value: "anew" }] });
  await consume(temporaryConsumer(kafkaOf(broker), "anew"), "doomed", anew);
  await until(() => anew.length === 1);
  expect([anew[0]?.offset, valuesOf(anew)]).toEqual(["0", ["anew"]]);
  expect(broker.lines).toEqual([]);
});

test("sending to a topic that is not there fails, and does not create it", async () => {
  const broker = await temporaryBroker();
  const kafka = kafkaOf(broker, { retry: { initialRetryTime: 10, retries: 1 } });
  const producer = kafka.producer({ allowAutoTopicCreation: true });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  const sent = producer.send({ topic: "nope", messages: [{ value: "v" }] });
  await expect(sent).rejects.toMatchObject({ cause: { type: "UNKNOWN_TOPIC_OR_PARTITION" } });
  const admin = kafka.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  expect(await admin.listTopics()).toEqual([]);
});

test("a second broker on the same directory is refused, and may have it afterwards", async () => {
  const dataDir = temporaryDirectory();
  const broker = await startBroker({ dataDir });
  await expect(startBroker({ dataDir })).rejects.toMatchObject({
    code: "directory-locked",
    message: expect.stringContaining(`pid ${process.pid}`),
  });
  await broker.close();
  await broker.close();
  await (await startBroker({ dataDir })).close();
});

test("a port that is taken, or none at all, is told, and the directory is free again", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const dataDir = temporaryDirectory();
  const taken = startBroker({ dataDir, port });
  await expect(taken).rejects.toMatchObject({ code: "port-in-use", message: expect.stringContaining(`${port}`) });
  await expect(startBroker({ dataDir, port: 70_000 })).rejects.toMatchObject({ code: "port-unusable" });
  await (await startBroker({ dataDir })).close();
});

test("a directory that cannot be one, or that others wrote, is told", async () => {
  const dataDir = temporaryDirectory();
  const file = join(dataDir, "file");
  writeFileSync(file, "");
  await expect(startBroker({ dataDir: file })).rejects.toMatchObject({ code: "directory-unusable" });
  await expect(startBroker({ dataDir: join(file, "below") })).rejects.toMatchObject({ code: "directory-unusable" });
  writeFileSync(join(dataDir, "broker.json"), '{"format":2}');
  await expect(startBroker({ dataDir })).rejects.toMatchObject({
    code: "directory-unusable",
    message: expect.stringContaining("format 2"),
  });
  writeFileSync(join(dataDir, "broker.json"), "no JSON");
  await expect(startBroker({ dataDir })).rejects.toMatchObject({ code: "directory-unusable" });
});
