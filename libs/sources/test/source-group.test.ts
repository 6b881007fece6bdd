import { Kafka, logLevel, type Consumer } from "kafkajs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSource, type Source, type SourceEvent, type SourceOptions } from "../src/index.js";
import { startKafka, type TestKafka } from "./kafka-fixture.js";
import { createOwner, range, type PartitionOwner } from "./partition-owner.js";

const WAIT = { timeout: 30_000, interval: 10 };
/** How long the group of a test keeps a member that is gone, and so how long a source waits for it. */
const SESSION_MS = 6_000;

let kafka: TestKafka;
let other: string;
const sources: Source[] = [];
const consumers: Consumer[] = [];

beforeEach(async () => {
  kafka = await startKafka();
  other = `${kafka.topic}-other`;
  await kafka.createTopic(kafka.topic, 4);
  await kafka.createTopic(other, 4);
});
afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.disconnect()));
  await Promise.all(sources.splice(0).map((source) => source.stop()));
  await kafka.close();
});

function open(owner: PartitionOwner, options: Partial<SourceOptions> = {}): Source {
  const source = createSource({
    brokers: [kafka.address],
    topic: kafka.topic,
    group: kafka.group,
    maxWaitMs: 50,
    sessionTimeoutMs: SESSION_MS,
    claim: owner.claim,
    ...options,
  });
  sources.push(source);
  source.done.catch(() => {});
  return source;
}

const purposeOf = (database: string) => ({ key: database, description: `pipeline orders into ${database}` });

async function readAll(owner: PartitionOwner, perPartition: number): Promise<void> {
  await vi.waitUntil(() => owner.total() === 4 * perPartition, WAIT);
  for (const partition of range(0, 4)) expect(owner.values(partition)).toEqual(range(0, perPartition));
}

async function joinForeign(topic: string, groupId: string): Promise<Consumer> {
  const client = new Kafka({ brokers: [kafka.address], clientId: "somebody-else", logLevel: logLevel.NOTHING });
  const consumer = client.consumer({ groupId, sessionTimeout: SESSION_MS, retry: { retries: 0 } });
  consumers.push(consumer);
  const joined = new Promise<void>((resolve, reject) => {
    consumer.on("consumer.group_join", () => resolve());
    consumer.on("consumer.crash", ({ payload }) => reject(payload.error));
  });
  joined.catch(() => {});
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({ eachBatch: () => Promise.resolve() });
  await joined;
  return consumer;
}

it("refuses a group whose member reads another topic, and the member keeps all of its own", async () => {
  const first = createOwner();
  await open(first, { purpose: purposeOf("shop") }).start();
  const second = createOwner();
  const events: SourceEvent[] = [];
  const intruder = open(second, {
    topic: other,
    purpose: purposeOf("shop"),
    onEvent: (event) => events.push(event),
  });
  await expect(intruder.start()).rejects.toMatchObject({
    code: "group-in-use",
    message: expect.stringMatching(
      new RegExp(
        `group "${kafka.group}" is in use by .*"${kafka.topic}".*pipeline orders into shop.*reads topic "${other}"`,
      ),
    ),
  });
  expect(events.filter(({ type }) => type === "group-in-use")).toHaveLength(1);
  expect(second.claims).toEqual([]);
  for (const partition of range(0, 4)) await kafka.produce(kafka.topic, partition, 0, 50);
  await readAll(first, 50);
});

it("refuses a group whose member reads the same topic for another purpose", async () => {
  const first = createOwner();
  await open(first, { purpose: purposeOf("shop") }).start();
  const intruder = open(createOwner(), { purpose: purposeOf("warehouse") });
  await expect(intruder.start()).rejects.toMatchObject({
    code: "group-in-use",
    message: expect.stringContaining("pipeline orders into shop"),
  });
  for (const partition of range(0, 4)) await kafka.produce(kafka.topic, partition, 0, 50);
  await readAll(first, 50);
});

it("admits one of two that start at once for different purposes", async () => {
  const owners = [createOwner(), createOwner()];
  const [one, two] = owners.map((owner, at) => open(owner, { purpose: purposeOf(`database-${at}`) }));
  const started = await Promise.allSettled([one?.start(), two?.start()]);
  expect(started.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  for (const partition of range(0, 4)) await kafka.produce(kafka.topic, partition, 0, 50);
  await readAll(owners[started.findIndex(({ status }) => status === "fulfilled")] ?? createOwner(), 50);
});

it("shares the partitions with those of the same purpose", async () => {
  const owner = createOwner();
  const assigned: (readonly number[])[] = [[], []];
  for (const at of [0, 1]) {
    const source = open(owner, {
      purpose: purposeOf("shop"),
      onEvent: (event) => {
        if (event.type === "assigned") assigned[at] = event.partitions;
      },
    });
    await source.start();
  }
  await vi.waitUntil(() => assigned.every((partitions) => partitions.length === 2), WAIT);
  expect(assigned.flat().sort()).toEqual([0, 1, 2, 3]);
});

it("waits for a member of another purpose that leaves in time", async () => {
  const former = open(createOwner(), { purpose: purposeOf("shop") });
  await former.start();
  const owner = createOwner();
  const events: SourceEvent[] = [];
  const next = open(owner, { purpose: purposeOf("warehouse"), onEvent: (event) => events.push(event) });
  const started = next.start();
  await vi.waitUntil(() => events.some(({ type }) => type === "group-in-use"), WAIT);
  await former.stop();
  await expect(started).resolves.toBeUndefined();
  for (const partition of range(0, 4)) await kafka.produce(kafka.topic, partition, 0, 50);
  await readAll(owner, 50);
});

it("names a member that is no source, and admits none beside it", async () => {
  await joinForeign(kafka.topic, kafka.group);
  await expect(open(createOwner()).start()).rejects.toMatchObject({
    code: "group-in-use",
    message: expect.stringContaining('client "somebody-else" at 127.0.0.1'),
  });
  const owner = createOwner();
  const group = `${kafka.group}-2`;
  await open(owner, { group }).start();
  await expect(joinForeign(kafka.topic, group)).rejects.toMatchObject({ type: "INCONSISTENT_GROUP_PROTOCOL" });
});
