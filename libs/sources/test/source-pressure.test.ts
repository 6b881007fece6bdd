import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSource, type Source, type SourceEvent } from "../src/index.js";
import { startKafka, type TestKafka } from "./kafka-fixture.js";
import { createOwner, range, type PartitionOwner } from "./partition-owner.js";

const WAIT = { timeout: 20_000, interval: 10 };

let kafka: TestKafka;
let source: Source | undefined;
let events: SourceEvent[];

beforeEach(async () => {
  kafka = await startKafka();
  await kafka.createTopic(kafka.topic, 3);
  events = [];
});
afterEach(async () => {
  await source?.stop({ timeoutMs: 1_000 });
  await kafka.close();
});

async function read(owner: PartitionOwner, maxStallMs = 100, sessionTimeoutMs = 30_000): Promise<void> {
  source = createSource({
    brokers: [kafka.address],
    topic: kafka.topic,
    group: kafka.group,
    maxWaitMs: 50,
    maxStallMs,
    maxBytesPerPartition: 2_000,
    sessionTimeoutMs,
    claim: owner.claim,
    onEvent: (event) => events.push(event),
  });
  await source.start();
}

it("pauses only the partition whose task is slow, and loses nothing of it", async () => {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const owner = createOwner({
    beforeCommit: (partition, { nextOffset }) => (partition === 1 && nextOffset > 100 ? gate : Promise.resolve()),
  });
  for (const partition of range(0, 3)) await kafka.produce(kafka.topic, partition, 0, 300);
  await read(owner);
  await vi.waitUntil(() => owner.values(0).length === 300 && owner.values(2).length === 300, WAIT);
  await kafka.produce(kafka.topic, 0, 300, 400);
  await vi.waitUntil(() => owner.values(0).length === 400, WAIT);
  expect(owner.values(1).length).toBeLessThan(300);
  expect(events).toContainEqual({ type: "paused", partition: 1 });
  expect(events.some(({ type }) => type === "resumed")).toBe(false);

  open();
  await vi.waitUntil(() => owner.values(1).length === 300, WAIT);
  expect(owner.values(1)).toEqual(range(0, 300));
  expect(events).toContainEqual({ type: "resumed", partition: 1 });
  expect(events.filter((event) => "partition" in event && event.type === "paused" && event.partition !== 1)).toEqual(
    [],
  );
  expect(owner.fences).toBe(0);
});

it.each([
  ["paused", 100, 3],
  // The others may have been claimed too late for the fetch that is waited for.
  ["waited for", 60_000, 1],
])(
  "stays in its group while tasks are slow for longer than the session timeout, and are %s",
  async (_, maxStallMs, slow) => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let waiting = 0;
    const owner = createOwner({
      beforeCommit() {
        waiting += 1;
        return gate;
      },
    });
    for (const partition of range(0, 3)) await kafka.produce(kafka.topic, partition, 0, 10);
    // Long enough that a busy machine does not keep the heartbeats back for as long.
    const sessionTimeoutMs = 4_000;
    await read(owner, maxStallMs, sessionTimeoutMs);
    await vi.waitUntil(() => waiting >= slow && owner.claims.length === 3, WAIT);
    await new Promise((resolve) => setTimeout(resolve, 1.5 * sessionTimeoutMs));
    const { groups } = await kafka.withAdmin((admin) => admin.describeGroups([kafka.group]));
    expect(groups[0]?.members).toHaveLength(1);
    open();
    await vi.waitUntil(() => owner.total() === 30, WAIT);
    expect(owner.claims.toSorted()).toEqual([0, 1, 2]);
    expect(events.filter(({ type }) => type === "assigned")).toHaveLength(1);
  },
);

it("stops in time though a task never lets go, and says which", async () => {
  const never = new Promise<void>(() => undefined);
  await read({
    ...createOwner(),
    claim: () => Promise.resolve({ nextOffset: 0, accept: () => never, close: () => never }),
  });
  await vi.waitUntil(() => events.filter(({ type }) => type === "claimed").length === 3, WAIT);
  await source?.stop({ timeoutMs: 50 });
  await source?.done;
  expect(events.at(-1)).toEqual({ type: "abandoned", partitions: [0, 1, 2] });
});
