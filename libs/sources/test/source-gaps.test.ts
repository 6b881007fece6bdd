import { Kafka, logLevel } from "kafkajs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createSource, readOffsets, type Source, type SourceEvent, type SourceOptions } from "../src/index.js";
import { brokerIsGiven, startKafka, type TestKafka } from "./kafka-fixture.js";
import { rewriteLog } from "./log-surgery.js";
import { createOwner, range } from "./partition-owner.js";

const WAIT = { timeout: 20_000, interval: 10 };

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

async function read(owner = createOwner(), options: Partial<SourceOptions> = {}): Promise<typeof owner> {
  source = createSource({
    brokers: [kafka.address],
    topic: kafka.topic,
    group: kafka.group,
    maxWaitMs: 50,
    claim: owner.claim,
    ...options,
    onEvent: (event) => events.push(event),
  });
  await source.start();
  return owner;
}

it("goes on behind records that were deleted upstream where it is told to, and counts them as lost", async () => {
  await kafka.produce(kafka.topic, 0, 0, 60);
  await kafka.produce(kafka.topic, 0, 60, 100);
  await kafka.deleteRecords(kafka.topic, 0, 70);
  const owner = await read(createOwner({ startAt: () => 5 }), { onLost: "continue" });
  await vi.waitUntil(() => owner.rows.get(0)?.nextOffset === 100, WAIT);
  expect(owner.values(0)).toEqual(range(70, 100));
  expect(owner.rows.get(0)).toMatchObject({ startOffset: 5, read: 30, skipped: 0, lost: 65 });
  expect(events).toContainEqual({ type: "gap", partition: 0, from: 5, to: 70, kind: "lost" });
  await expect(readOffsets([kafka.address], kafka.topic)).resolves.toEqual([
    { partition: 0, start: 70, end: 100, highWatermark: 100 },
  ]);
});

it("stops where records were deleted before the first read, says which, and gives nothing in their place", async () => {
  await kafka.produce(kafka.topic, 0, 0, 100);
  await kafka.deleteRecords(kafka.topic, 0, 70);
  const owner = await read(createOwner({ startAt: () => 5 }));
  await expect(source?.done).rejects.toMatchObject({
    code: "lost",
    retryable: false,
    message: expect.stringMatching(/^Offsets 5 to 69 of partition 0 of "events-.*" \(65 in all\)/) as string,
  });
  expect(owner.rows.get(0)).toMatchObject({ nextOffset: 5, read: 0, lost: 0 });
  expect(events.filter(({ type }) => type === "gap")).toEqual([]);
});

/** Reads up to offset 10 and a fetch more; retention takes all that the log holds while that is on its way. */
async function readWhileAllIsDeleted(
  options: Partial<SourceOptions>,
  holdUntilFlush = false,
): Promise<ReturnType<typeof createOwner>> {
  await kafka.produce(kafka.topic, 0, 0, 10);
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let given = 0;
  const owner = createOwner({
    holdUntilFlush,
    beforeCommit(_, { nextOffset }) {
      given = nextOffset;
      return nextOffset > 10 ? gate : Promise.resolve();
    },
  });
  await read(owner, { ...options, maxBytesPerPartition: 1_000, maxStallMs: 50 });
  await vi.waitUntil(() => given === 10, WAIT);
  for (const from of [10, 50, 100]) await kafka.produce(kafka.topic, 0, from, from === 10 ? 50 : from + 50);
  await vi.waitUntil(() => events.some(({ type }) => type === "paused"), WAIT);
  await kafka.deleteRecords(kafka.topic, 0, 150);
  open();
  return owner;
}

it.each([
  ["commit at once", false],
  ["hold what they were given", true],
])("stops where retention overtakes tasks that %s, and lets them commit all before it", async (_, holdUntilFlush) => {
  const owner = await readWhileAllIsDeleted({}, holdUntilFlush);
  const error = await source?.done.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const { nextOffset, read: taken } = owner.rows.get(0) ?? { nextOffset: 0, read: 0 };
  expect(error).toMatchObject({ code: "lost" });
  expect(String(error)).toContain(`Offsets ${nextOffset} to 149 of partition 0`);
  expect(nextOffset).toBeGreaterThan(10);
  expect(owner.values(0)).toEqual(range(0, nextOffset));
  expect(taken).toBe(nextOffset);
});

it("goes on where retention overtakes it and leaves nothing to read, if told to", async () => {
  const owner = await readWhileAllIsDeleted({ onLost: "continue" });
  await vi.waitUntil(() => owner.rows.get(0)?.nextOffset === 150, WAIT);
  const { read: taken = 0, lost } = owner.rows.get(0) ?? {};
  expect(owner.values(0)).toEqual(range(0, taken));
  expect(lost).toBe(150 - taken);
  expect(events).toContainEqual({ type: "gap", partition: 0, from: taken, to: 150, kind: "lost" });
  await kafka.produce(kafka.topic, 0, 150, 160);
  await vi.waitUntil(() => owner.rows.get(0)?.nextOffset === 160, WAIT);
  expect(owner.values(0)).toEqual([...range(0, taken), ...range(150, 160)]);
});

// The embedded broker has no transactions: this one runs where a real Kafka is given.
it.runIf(brokerIsGiven)("skips the markers of transactions and the records of aborted ones", async () => {
  const producer = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).producer({
    transactionalId: kafka.topic,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  for (const from of [0, 10, 20]) {
    const transaction = await producer.transaction();
    const messages = range(from, from + 10).map((value) => ({ value: `${value}` }));
    await transaction.send({ topic: kafka.topic, messages });
    await (from === 10 ? transaction.abort() : transaction.commit());
  }
  await producer.disconnect();
  const owner = await read();
  await vi.waitUntil(() => owner.rows.get(0)?.nextOffset === 33, WAIT);
  expect(owner.values(0)).toEqual([...range(0, 10), ...range(20, 30)]);
  expect(owner.rows.get(0)).toMatchObject({ read: 20, skipped: 13, lost: 0 });
});

it.skipIf(brokerIsGiven)("skips transaction markers, at the end of the log too", async () => {
  for (const from of [0, 10, 20, 30, 40]) await kafka.produce(kafka.topic, 0, from, from + 10);
  const dataDir = await kafka.down();
  // As the markers of transactions: one between records, two in a row at the end.
  await rewriteLog(dataDir, kafka.topic, (batch, index) => {
    if (index === 1 || index >= 3) batch.control = true;
  });
  await kafka.up();
  const owner = await read();
  await vi.waitUntil(() => owner.rows.get(0)?.nextOffset === 50, WAIT);
  expect(owner.values(0)).toEqual([...range(0, 10), ...range(20, 30)]);
  expect(owner.rows.get(0)).toMatchObject({ read: 20, skipped: 30, lost: 0 });
});

it.skipIf(brokerIsGiven).each([
  ["of many batches", 500_000],
  ["of one batch", 1],
])("skips what compaction left out, without a word of loss, by fetches %s", async (_, maxBytesPerPartition) => {
  for (const from of [0, 10, 20]) await kafka.produce(kafka.topic, 0, from, from + 10);
  const dataDir = await kafka.down();
  await rewriteLog(dataDir, kafka.topic, (batch, index) => {
    batch.baseOffset += index * 5;
    batch.lastOffset = batch.baseOffset + 14;
  });
  await kafka.up();
  const owner = await read(createOwner({ startAt: () => 12 }), { maxBytesPerPartition });
  await vi.waitUntil(() => owner.rows.get(0)?.nextOffset === 45, WAIT);
  expect(owner.values(0)).toEqual(range(10, 30));
  expect(owner.rows.get(0)).toMatchObject({ read: 20, skipped: 13, lost: 0 });
  expect(events.some((event) => event.type === "gap" && event.kind === "lost")).toBe(false);
});
