import { afterAll, beforeAll, expect, it } from "vitest";
import { readLog, type LogBatch } from "../src/log-reader.js";
import { createTopic, deleteRecords, produce, startServers, type TestServers } from "./servers.js";

let servers: TestServers;

beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

/** Values `from` to `to` - 1 in one batch. */
async function fill(topic: string, partition: number, from: number, to: number): Promise<void> {
  const messages = Array.from({ length: to - from }, (_, at) => ({
    partition,
    key: `key-${from + at}`,
    value: Buffer.from(String(from + at)),
    timestampMs: from + at,
  }));
  await produce(servers, topic, messages);
}

async function readAll(topic: string, ranges: Parameters<typeof readLog>[2]): Promise<LogBatch[]> {
  const batches: LogBatch[] = [];
  for await (const batch of readLog({ brokers: servers.kafkaBrokers }, topic, ranges)) batches.push(batch);
  return batches;
}

const valuesOf = (batches: readonly LogBatch[]) =>
  batches.flatMap(({ records }) => records.map(({ value }) => Number(Buffer.from(value ?? "").toString())));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
const skippedIn = (batches: readonly LogBatch[]) =>
  batches.reduce((sum, { from, to, records }) => sum + to - from - records.length, 0);

it("reads ranges of several partitions one after another, each from its start to its end", async () => {
  await createTopic(servers, "several", 4);
  for (const partition of [0, 1, 3]) {
    await fill("several", partition, 0, 40);
    await fill("several", partition, 40, 100);
  }
  const batches = await readAll("several", [
    { partition: 3, from: 10, to: 90 },
    { partition: 2, from: 0, to: 0 },
    { partition: 0, from: 0, to: 100 },
    { partition: 1, from: 60, to: 61 },
  ]);
  expect(valuesOf(batches)).toEqual([...range(10, 90), ...range(0, 100), 60]);
  expect([...new Set(batches.map(({ partition }) => partition))]).toEqual([3, 0, 1]);
  const ends = new Map<number, number>();
  for (const { partition, from, to } of batches) {
    expect(from).toBe(ends.get(partition) ?? (partition === 3 ? 10 : partition === 1 ? 60 : 0));
    ends.set(partition, to);
  }
  const [record] = batches[0]?.records ?? [];
  expect(record).toMatchObject({ offset: 10, timestampMs: 10, key: Buffer.from("key-10") });
});

it("counts markers of transactions as offsets without a record, at the end of the range too", async () => {
  await createTopic(servers, "markers", 1);
  for (const from of [0, 10, 20, 30, 40]) await fill("markers", 0, from, from + 10);
  await servers.rewriteLog("markers", (batch, index) => {
    if (index === 1 || index >= 3) batch.control = true;
  });
  const batches = await readAll("markers", [{ partition: 0, from: 0, to: 50 }]);
  expect(valuesOf(batches)).toEqual([...range(0, 10), ...range(20, 30)]);
  expect(skippedIn(batches)).toBe(30);
});

it("counts what compaction left out as offsets without a record", async () => {
  await createTopic(servers, "compacted", 1);
  for (const from of [0, 10, 20]) await fill("compacted", 0, from, from + 10);
  await servers.rewriteLog("compacted", (batch, index) => {
    batch.baseOffset += index * 5;
    batch.lastOffset = batch.baseOffset + 14;
  });
  const batches = await readAll("compacted", [{ partition: 0, from: 12, to: 45 }]);
  expect(valuesOf(batches)).toEqual(range(10, 30));
  expect(skippedIn(batches)).toBe(13);
});

it("leaves no consumer group behind, even when it is left in the middle or told to end", async () => {
  await createTopic(servers, "left", 1);
  for (const from of range(0, 20)) await fill("left", 0, from * 10, from * 10 + 10);
  const ranges = [{ partition: 0, from: 0, to: 200 }];
  for await (const batch of readLog({ brokers: servers.kafkaBrokers }, "left", ranges)) {
    expect(batch.records.length).toBeGreaterThan(0);
    break;
  }
  const stop = new AbortController();
  const reading = (async () => {
    for await (const batch of readLog(
      { brokers: servers.kafkaBrokers },
      "left",
      [{ partition: 0, from: 0, to: 201 }],
      stop.signal,
    )) {
      if (batch.to === 200) stop.abort(new Error("enough"));
    }
  })();
  await expect(reading).rejects.toThrow("enough");
  const admin = servers.kafka.admin();
  await admin.connect();
  expect((await admin.listGroups()).groups).toEqual([]);
  await admin.disconnect();
});

it("takes a log that is cut while it is read for one that can't be proven", async () => {
  await createTopic(servers, "cut", 2);
  await fill("cut", 0, 0, 10);
  await fill("cut", 1, 0, 10);
  await deleteRecords(servers, "cut", 1, 5);
  const reading = readAll("cut", [
    { partition: 0, from: 0, to: 10 },
    { partition: 1, from: 0, to: 10 },
  ]);
  await expect(reading).rejects.toMatchObject({ code: "log-begins-later" });
});
