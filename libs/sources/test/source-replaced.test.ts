import { Kafka, logLevel } from "kafkajs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSource, type Source, type SourceEvent } from "../src/index.js";
import { brokerIsGiven, startKafka, type TestKafka } from "./kafka-fixture.js";
import { rewriteLog } from "./log-surgery.js";
import { createOwner, range, type PartitionOwner } from "./partition-owner.js";

const WAIT = { timeout: 20_000, interval: 10 };
const OTHER_RECORD = {
  code: "log-replaced",
  message: expect.stringMatching(/^Offset 49 of partition 0 of "events-\S+" holds another record/) as string,
};

let kafka: TestKafka;
let source: Source | undefined;
let events: SourceEvent[];

beforeEach(async () => {
  kafka = await startKafka();
  await kafka.createTopic(kafka.topic, 1);
  events = [];
});
afterEach(async () => {
  await source?.stop();
  await kafka.close();
});

function read(owner: PartitionOwner, maxStallMs = 2_000): Source {
  source = createSource({
    brokers: [kafka.address],
    topic: kafka.topic,
    group: kafka.group,
    maxWaitMs: 50,
    maxStallMs,
    claim: owner.claim,
    onEvent: (event) => events.push(event),
  });
  source.done.catch(() => {});
  void source.start().catch(() => {});
  return source;
}

/** Reads fifty records. */
async function readFifty(owner: PartitionOwner): Promise<Source> {
  await kafka.produce(kafka.topic, 0, 0, 50);
  const running = read(owner);
  await vi.waitUntil(() => owner.total() === 50, WAIT);
  return running;
}

/** Makes the topic anew with more records than were read, which begin at another value. */
async function replaceTopic(): Promise<void> {
  await kafka.withAdmin((admin) => admin.deleteTopics({ topics: [kafka.topic] }));
  await vi.waitUntil(
    () =>
      kafka.createTopic(kafka.topic, 1).then(
        () => true,
        () => false,
      ),
    WAIT,
  );
  await kafka.produce(kafka.topic, 0, 1_000, 1_200);
}

it("refuses at the claim a topic that was made anew and holds more than was read", async () => {
  const owner = createOwner();
  await (await readFifty(owner)).stop();
  await replaceTopic();
  await expect(read(owner).done).rejects.toMatchObject(OTHER_RECORD);
  expect(owner.values(0)).toEqual(range(0, 50));
});

it("refuses it under a running source", async () => {
  const owner = createOwner();
  const running = await readFifty(owner);
  await replaceTopic();
  await expect(running.done).rejects.toMatchObject({ code: expect.stringMatching(/^log-(replaced|behind)$/) });
  expect(owner.values(0)).toEqual(range(0, 50));
});

it("refuses it when fetching goes on after a pause", async () => {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const owner = createOwner({ beforeCommit: (_, { nextOffset }) => (nextOffset === 50 ? gate : Promise.resolve()) });
  await kafka.produce(kafka.topic, 0, 0, 50);
  const running = read(owner, 100);
  await vi.waitUntil(() => events.some(({ type }) => type === "paused"), WAIT);
  await replaceTopic();
  open();
  await expect(running.done).rejects.toMatchObject({ code: "log-replaced" });
  expect(owner.values(0)).toEqual(range(0, 50));
});

it.each([
  ["another key", "other", "49", 49],
  ["another value", "key-49", "other", 49],
  ["another timestamp", "key-49", "49", 50],
])("refuses a record with %s", async (_, key, value, timestamp) => {
  const owner = createOwner();
  await (await readFifty(owner)).stop();
  await kafka.withAdmin((admin) => admin.deleteTopics({ topics: [kafka.topic] }));
  await vi.waitUntil(
    () =>
      kafka.createTopic(kafka.topic, 1).then(
        () => true,
        () => false,
      ),
    WAIT,
  );
  await kafka.produce(kafka.topic, 0, 0, 49);
  const producer = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic: kafka.topic, messages: [{ partition: 0, key, value, timestamp: String(timestamp) }] });
  await producer.disconnect();
  await expect(read(owner).done).rejects.toMatchObject(OTHER_RECORD);
});

it("reads on in the same log, after a stop and after a pause, and compares in silence", async () => {
  const owner = createOwner();
  await (await readFifty(owner)).stop();
  await kafka.produce(kafka.topic, 0, 50, 80);
  read(owner);
  await vi.waitUntil(() => owner.total() === 80, WAIT);
  expect(owner.values(0)).toEqual(range(0, 80));
  expect(events.filter(({ type }) => type === "not-compared" || type === "gap")).toEqual([]);
});

it("goes on where retention has removed the record that it would compare, and says so", async () => {
  const owner = createOwner();
  await (await readFifty(owner)).stop();
  await kafka.deleteRecords(kafka.topic, 0, 50);
  await kafka.produce(kafka.topic, 0, 50, 80);
  read(owner);
  await vi.waitUntil(() => owner.total() === 80, WAIT);
  expect(owner.values(0)).toEqual(range(0, 80));
  expect(events).toContainEqual({ type: "not-compared", partition: 0, offset: 49 });
});

it.skipIf(brokerIsGiven)("goes on where it has been removed from the middle of the log, and says so", async () => {
  const owner = createOwner();
  await kafka.produce(kafka.topic, 0, 0, 49);
  await kafka.produce(kafka.topic, 0, 49, 50);
  read(owner);
  await vi.waitUntil(() => owner.total() === 50, WAIT);
  await source?.stop();
  await kafka.produce(kafka.topic, 0, 50, 80);
  const directory = await kafka.down();
  // The client passes over what is marked as control, as over an offset without a record.
  await rewriteLog(directory, kafka.topic, (batch) => {
    if (batch.baseOffset === 49) batch.control = true;
  });
  await kafka.up();
  read(owner);
  await vi.waitUntil(() => owner.total() === 80, WAIT);
  expect(owner.values(0)).toEqual(range(0, 80));
  expect(events).toContainEqual({ type: "not-compared", partition: 0, offset: 49 });
});
