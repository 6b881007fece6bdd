import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSource, type Source, type SourceEvent } from "../src/index.js";
import { startKafka, type TestKafka } from "./kafka-fixture.js";
import { createOwner, range, type PartitionOwner } from "./partition-owner.js";

const WAIT = { timeout: 40_000, interval: 10 };

let kafka: TestKafka;
let events: SourceEvent[];
let source: Source | undefined;

beforeEach(async () => {
  kafka = await startKafka();
  await kafka.createTopic(kafka.topic, 2);
  events = [];
});
afterEach(async () => {
  await source?.stop();
  await kafka.close();
});

async function read(owner: PartitionOwner): Promise<Source> {
  source = createSource({
    brokers: [kafka.address],
    topic: kafka.topic,
    group: kafka.group,
    maxWaitMs: 50,
    metadataMaxAgeMs: 300,
    claim: owner.claim,
    onEvent: (event) => events.push(event),
  });
  await source.start();
  return source;
}

const count = (type: SourceEvent["type"]): number => events.filter((event) => event.type === type).length;

async function readAndDelete(owner: PartitionOwner): Promise<Source> {
  await kafka.produce(kafka.topic, 0, 0, 50);
  const running = await read(owner);
  await vi.waitUntil(() => owner.total() === 50, WAIT);
  await kafka.withAdmin((admin) => admin.deleteTopics({ topics: [kafka.topic] }));
  await vi.waitUntil(() => count("waiting-for-topic") > 0, WAIT);
  return running;
}

it("reads partitions that are added to its topic, from their first record on", async () => {
  const owner = createOwner();
  await kafka.produce(kafka.topic, 0, 0, 20);
  await read(owner);
  await vi.waitUntil(() => owner.total() === 20, WAIT);
  await kafka.withAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic: kafka.topic, count: 4 }] }));
  for (const partition of [2, 3]) await kafka.produce(kafka.topic, partition, 100, 130);
  await vi.waitUntil(() => owner.total() === 80, WAIT);
  expect(owner.values(2)).toEqual(range(100, 130));
  expect(owner.values(3)).toEqual(range(100, 130));
  expect(owner.values(0)).toEqual(range(0, 20));
  // What it had before, it kept.
  expect(owner.claims.toSorted()).toEqual([0, 1, 2, 3]);
});

it("waits for a topic that was deleted, and goes on with one made anew where it had read nothing", async () => {
  const owner = createOwner();
  await read(owner);
  await vi.waitUntil(() => owner.claims.length === 2, WAIT);
  await kafka.withAdmin((admin) => admin.deleteTopics({ topics: [kafka.topic] }));
  await vi.waitUntil(() => count("waiting-for-topic") === 1, WAIT);
  await kafka.createTopic(kafka.topic, 2);
  await kafka.produce(kafka.topic, 1, 0, 20);
  await vi.waitUntil(() => owner.values(1).length === 20, WAIT);
  expect(owner.values(1)).toEqual(range(0, 20));
});

it("refuses a topic that was made anew, though there is nothing in it yet to read", async () => {
  const owner = createOwner();
  const running = await readAndDelete(owner);
  await kafka.createTopic(kafka.topic, 2);
  await expect(running.done).rejects.toMatchObject({
    code: "log-behind",
    message: expect.stringContaining("ends at offset 0, below 50") as string,
  });
  expect(owner.rows.get(0)).toMatchObject({ nextOffset: 50, lost: 0 });
});

it("refuses a topic that was made anew and holds less than was read", async () => {
  const running = await readAndDelete(createOwner());
  await kafka.createTopic(kafka.topic, 2);
  await kafka.produce(kafka.topic, 0, 0, 10);
  await expect(running.done).rejects.toMatchObject({ code: "log-behind" });
});

it("can be stopped while it waits for a topic that was deleted", async () => {
  const running = await readAndDelete(createOwner());
  await running.stop();
  await expect(running.done).resolves.toBeUndefined();
});
