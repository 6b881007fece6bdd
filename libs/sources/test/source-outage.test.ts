import { createServer } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSource, type Source, type SourceEvent } from "../src/index.js";
import { brokerIsGiven, startKafka, type TestKafka } from "./kafka-fixture.js";
import { rewriteLog } from "./log-surgery.js";
import { createOwner, range, type PartitionOwner } from "./partition-owner.js";

const WAIT = { timeout: 40_000, interval: 10 };

let kafka: TestKafka;
let events: SourceEvent[];
let source: Source | undefined;

beforeEach(async () => {
  kafka = await startKafka();
  await kafka.createTopic(kafka.topic, 3);
  events = [];
});
afterEach(async () => {
  await source?.stop();
  await kafka.close();
});

function open(owner: PartitionOwner): Source {
  source = createSource({
    brokers: [kafka.address],
    topic: kafka.topic,
    group: kafka.group,
    maxWaitMs: 50,
    sessionTimeoutMs: 6_000,
    maxBytesPerPartition: 1_500,
    claim: owner.claim,
    onEvent: (event) => events.push(event),
  });
  return source;
}

const count = (type: SourceEvent["type"]): number => events.filter((event) => event.type === type).length;

it.skipIf(brokerIsGiven)("outlives a broker that goes away and comes back, without a gap or a double", async () => {
  const owner = createOwner({ beforeCommit: () => new Promise((resolve) => setTimeout(resolve, 5)) });
  for (const partition of range(0, 3)) await kafka.produce(kafka.topic, partition, 0, 1_000);
  await open(owner).start();
  await vi.waitUntil(() => owner.total() > 300, WAIT);
  await kafka.down();
  await vi.waitUntil(() => count("disconnected") > 0, WAIT);
  await kafka.up();
  // All that was there may have been read before the broker went: then there is nothing yet to come back for.
  for (const partition of range(0, 3)) await kafka.produce(kafka.topic, partition, 1_000, 1_100);
  await vi.waitUntil(() => owner.total() >= 3_300, WAIT);
  for (const partition of range(0, 3)) expect(owner.values(partition)).toEqual(range(0, 1_100));
  expect(count("connected")).toBe(1);
  expect(count("disconnected")).toBe(1);
  expect(count("reconnected")).toBe(1);
  // The tasks stayed alive: nothing was claimed again.
  expect(owner.claims.toSorted()).toEqual([0, 1, 2]);
});

it.skipIf(brokerIsGiven)("waits for a broker that is away at the start", async () => {
  await kafka.down();
  let knocks = 0;
  const closedDoor = createServer((socket) => {
    knocks += 1;
    socket.destroy();
  });
  closedDoor.listen(Number(kafka.address.split(":")[1]), "127.0.0.1");
  const owner = createOwner();
  const started = open(owner).start();
  await vi.waitUntil(() => knocks > 8, WAIT);
  await new Promise((resolve) => closedDoor.close(resolve));
  await kafka.up();
  await started;
  await kafka.produce(kafka.topic, 0, 0, 10);
  await vi.waitUntil(() => owner.total() === 10, WAIT);
  expect(count("disconnected")).toBe(1);
  expect(count("connected")).toBe(1);
  expect(count("reconnected")).toBe(0);
});

it.skipIf(brokerIsGiven)("can be stopped while the broker is away", async () => {
  const owner = createOwner({ holdUntilFlush: true });
  await kafka.produce(kafka.topic, 0, 0, 10);
  const running = open(owner);
  await running.start();
  await vi.waitUntil(() => owner.claims.length === 3, WAIT);
  await kafka.down();
  await vi.waitUntil(() => count("disconnected") > 0, WAIT);
  await running.stop();
  await expect(running.done).resolves.toBeUndefined();
  await kafka.up();
});

it.skipIf(brokerIsGiven)("ends by what no retry can help: records that it cannot unpack", async () => {
  const topic = `${kafka.topic}-packed`;
  await kafka.createTopic(topic, 1);
  await kafka.produce(topic, 0, 0, 10);
  const dataDir = await kafka.down();
  await rewriteLog(dataDir, topic, (batch) => {
    batch.codec = 2;
  });
  await kafka.up();
  const owner = createOwner();
  source = createSource({ brokers: [kafka.address], topic, group: kafka.group, claim: owner.claim });
  await source.start();
  await expect(source.done).rejects.toMatchObject({
    code: "broken-batch",
    message: expect.stringContaining(
      `The batch at offset 0 of partition 0 of topic "${topic}" cannot be unpacked by snappy`,
    ) as string,
  });
  expect(owner.total()).toBe(0);
});
