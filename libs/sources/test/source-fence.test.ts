import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSource, type Source, type SourceEvent } from "../src/index.js";
import { startKafka, type TestKafka } from "./kafka-fixture.js";
import { createOwner, range, type PartitionOwner } from "./partition-owner.js";

const WAIT = { timeout: 30_000, interval: 10 };

let kafka: TestKafka;
let events: SourceEvent[];
const sources: Source[] = [];

beforeEach(async () => {
  kafka = await startKafka();
  await kafka.createTopic(kafka.topic, 4);
  events = [];
});
afterEach(async () => {
  await Promise.all(sources.splice(0).map((source) => source.stop()));
  await kafka.close();
});

async function join(owner: PartitionOwner, sessionTimeoutMs = 6_000): Promise<Source> {
  const source = createSource({
    brokers: [kafka.address],
    topic: kafka.topic,
    group: kafka.group,
    maxWaitMs: 50,
    maxStallMs: 200,
    sessionTimeoutMs,
    maxBytesPerPartition: 1_500,
    claim: owner.claim,
    onEvent: (event) => events.push(event),
  });
  sources.push(source);
  await source.start();
  return source;
}

it("claims again where it was fenced, and goes on at the offset of the owner", async () => {
  let stolen = false;
  const owner: PartitionOwner = createOwner({
    async beforeCommit(partition, { nextOffset }) {
      if (partition !== 2 || nextOffset <= 100 || stolen) return;
      stolen = true;
      owner.steal(partition);
    },
  });
  for (const partition of range(0, 4)) await kafka.produce(kafka.topic, partition, 0, 300);
  await join(owner);
  await vi.waitUntil(() => owner.total() === 1_200, WAIT);
  for (const partition of range(0, 4)) expect(owner.values(partition)).toEqual(range(0, 300));
  expect(owner.fences).toBe(1);
  expect(events).toContainEqual({ type: "fenced", partition: 2 });
  expect(owner.claims.filter((partition) => partition === 2)).toHaveLength(2);
});

it("claims again when a task fails between batches", async () => {
  await kafka.produce(kafka.topic, 1, 0, 50);
  const owner = createOwner();
  let failTask: (error: unknown) => void = () => undefined;
  const failed = new Promise<unknown>((resolve) => {
    failTask = resolve;
  });
  await join({
    ...owner,
    async claim(partition, context) {
      const task = await owner.claim(partition, context);
      return partition === 1 && owner.rows.get(1)?.epoch === 1 ? { ...task, failed } : task;
    },
  });
  await vi.waitUntil(() => owner.total() === 50, WAIT);
  owner.steal(1);
  failTask(Object.assign(new Error("fenced in the background"), { code: "fenced" }));
  await vi.waitUntil(() => owner.claims.filter((partition) => partition === 1).length === 2, WAIT);
  await kafka.produce(kafka.topic, 1, 50, 60);
  await vi.waitUntil(() => owner.total() === 60, WAIT);
  expect(owner.values(1)).toEqual(range(0, 60));
  expect(owner.fences).toBe(0);
});

it("leaves no gap and no double when members join and leave", async () => {
  const owner = createOwner({
    beforeCommit: () => new Promise((resolve) => setTimeout(resolve, 3)),
  });
  const perPartition = 1_500;
  for (const partition of range(0, 4)) await kafka.produce(kafka.topic, partition, 0, perPartition);
  const first = await join(owner);
  await vi.waitUntil(() => owner.total() > 500, WAIT);
  await join(owner);
  await vi.waitUntil(() => events.some(({ type }) => type === "revoked"), WAIT);
  await vi.waitUntil(() => owner.total() > 2_500, WAIT);
  await first.stop({ flush: false });
  await vi.waitUntil(() => owner.total() > 4_000, WAIT);
  await join(owner);
  await vi.waitUntil(() => owner.total() >= 4 * perPartition, WAIT);
  expect(events.some(({ type }) => type === "disconnected" || type === "reconnected")).toBe(false);
  for (const partition of range(0, 4)) {
    expect(owner.values(partition)).toEqual(range(0, perPartition));
    expect(owner.rows.get(partition)).toMatchObject({ read: perPartition, skipped: 0, lost: 0 });
  }
});

it("drops what it could not commit in time when another claimed meanwhile, and goes on behind it", async () => {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let hung = false;
  const shared = createOwner();
  const sleeper: PartitionOwner = {
    ...shared,
    async claim(partition, context) {
      const task = await shared.claim(partition, context);
      return {
        nextOffset: task.nextOffset,
        close: (options) => task.close(options),
        async accept(batch) {
          if (partition === 0 && batch.nextOffset >= 50 && !hung) {
            hung = true;
            await gate;
          }
          return task.accept(batch);
        },
      };
    },
  };
  await kafka.produce(kafka.topic, 0, 0, 200);
  await join(sleeper);
  await vi.waitUntil(() => hung, WAIT);
  // As another member's claim while this one cannot commit.
  const successor = await shared.claim(0, { logStartOffset: 0, logEndOffset: 200 });
  await successor.accept({
    records: range(successor.nextOffset, 200).map((offset) => ({
      offset,
      timestampMs: -1,
      key: null,
      value: Buffer.from(`${offset}`),
    })),
    nextOffset: 200,
    skipped: 0,
    lost: 0,
    logEndOffset: 200,
  });
  open();
  await vi.waitUntil(() => events.some(({ type }) => type === "fenced"), WAIT);
  await kafka.produce(kafka.topic, 0, 200, 210);
  await vi.waitUntil(() => shared.total() === 210, WAIT);
  expect(shared.values(0)).toEqual(range(0, 210));
});
