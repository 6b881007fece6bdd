import { expect, onTestFinished, test } from "vitest";
import { fetchRoute } from "../../src/handlers/fetch.js";
import { openTopicRegistry } from "../../src/log/topic-registry.js";
import { fetch } from "../../src/protocol/data-apis.js";
import { errorCode } from "../../src/protocol/error-code.js";
import { Reader } from "../../src/protocol/reader.js";
import { deleteTopics } from "../../src/protocol/topic-apis.js";
import { buildBatch } from "../batch-builder.js";
import { fetchFrom, send } from "../requests.js";
import { createTopic, temporaryBroker, temporaryClient, temporaryDirectory } from "../temporary.js";

const batch = (bytes = 100) => buildBatch({ values: ["v".repeat(bytes)] });

async function scene(partitions = 1) {
  const broker = await temporaryBroker();
  const [reader, writer] = [await temporaryClient(broker), await temporaryClient(broker)];
  await createTopic(writer, "t", partitions);
  return { reader, writer, broker };
}

test("a fetch at the end waits for the next batch, not for its time to run out", async () => {
  const { reader, writer } = await scene();
  const waiting = fetchFrom(reader, "t", [0], { maxWaitMs: 30_000 });
  await send(writer, "t", batch());
  expect((await waiting).partitions[0]).toMatchObject({
    error: 0,
    highWatermark: 1,
    lastStableOffset: 1,
    logStartOffset: 0,
  });
});

test("a fetch waits until there is as much as minBytes over all its partitions", async () => {
  const { reader, writer } = await scene(2);
  const size = batch().length;
  const waiting = fetchFrom(reader, "t", [0, 0], { maxWaitMs: 30_000, minBytes: 3 * size });
  let isAnswered = false;
  reader.socket.once("data", () => (isAnswered = true));
  await send(writer, "t", batch(), 0);
  await send(writer, "t", batch(), 1);
  expect(isAnswered).toBe(false);
  await send(writer, "t", batch(), 1);
  expect((await waiting).partitions.map(({ records }) => records.length)).toEqual([size, 2 * size]);
});

test("a fetch whose time runs out is answered with what there is", async () => {
  const { reader, writer } = await scene();
  await send(writer, "t", batch());
  const answer = await fetchFrom(reader, "t", [0], { maxWaitMs: 20, minBytes: 10_000 });
  expect(answer.partitions[0]?.records.length).toBe(batch().length);
  expect((await fetchFrom(reader, "t", [1], { maxWaitMs: 20 })).partitions[0]?.records.length).toBe(0);
});

test("an answer holds whole batches within both bounds, but always the first", async () => {
  const { reader, writer } = await scene(2);
  for (const index of [0, 0, 0, 1]) await send(writer, "t", batch(1000), index);
  const size = batch(1000).length;
  const sizes = async (options: object) =>
    (await fetchFrom(reader, "t", [0, 0], options)).partitions.map(({ records }) => records.length);
  expect(await sizes({})).toEqual([3 * size, size]);
  expect(await sizes({ partitionMaxBytes: 2 * size + 5 })).toEqual([2 * size, size]);
  expect(await sizes({ maxBytes: 3 * size + 5 })).toEqual([3 * size, 0]);
  expect(await sizes({ partitionMaxBytes: 1 })).toEqual([size, 0]);
  expect(await sizes({ maxBytes: 1 })).toEqual([size, 0]);
});

test("a fetch in the middle of a batch gets that batch", async () => {
  const { reader, writer } = await scene();
  const three = buildBatch({ values: ["a", "b", "c"] });
  await send(writer, "t", three);
  await send(writer, "t", batch());
  const { partitions } = await fetchFrom(reader, "t", [1], { partitionMaxBytes: three.length });
  expect(partitions[0]?.records.readBigInt64BE(0)).toBe(0n);
});

test("an offset out of range, or a partition that is not there, is told at once", async () => {
  const { reader, writer } = await scene();
  await send(writer, "t", batch());
  for (const offset of [-1, 2]) {
    const { partitions } = await fetchFrom(reader, "t", [offset], { maxWaitMs: 30_000 });
    expect(partitions[0]).toMatchObject({ error: errorCode.offsetOutOfRange, highWatermark: -1, logStartOffset: -1 });
  }
  const { partitions } = await fetchFrom(reader, "u", [0], { maxWaitMs: 30_000 });
  expect(partitions[0]?.error).toBe(errorCode.unknownTopicOrPartition);
});

test("a fetch that waits on a topic hears of its deletion", async () => {
  const { reader, writer } = await scene();
  const waiting = fetchFrom(reader, "t", [0], { maxWaitMs: 30_000 });
  await writer.request(deleteTopics, { names: ["t"], timeoutMs: 1000 });
  expect((await waiting).partitions[0]?.error).toBe(errorCode.unknownTopicOrPartition);
});

test("a fetch that waits ends with its broker", async () => {
  const { reader, broker } = await scene();
  const waiting = fetchFrom(reader, "t", [0], { maxWaitMs: 600_000 });
  await broker.close();
  await expect(waiting).rejects.toThrow("closed");

  const topics = openTopicRegistry(temporaryDirectory(), () => undefined);
  topics.create("t", 1, {});
  const closing = new AbortController();
  const request = new Reader(Buffer.concat(encodeFetch("t", 600_000)));
  const answered = fetchRoute(topics, closing.signal).answer(request, { id: "", host: "" }, 1);
  closing.abort();
  expect(await answered).not.toBeNull();
  topics.close();
});

function encodeFetch(name: string, maxWaitMs: number): Buffer[] {
  const pieces: Buffer[] = [];
  const partitions = [{ index: 0, currentLeaderEpoch: -1, fetchOffset: 0, logStartOffset: -1, maxBytes: 100 }];
  const bounds = { replicaId: -1, maxWaitMs, minBytes: 1, maxBytes: 100, isolationLevel: 1 };
  const session = { sessionId: 0, sessionEpoch: -1, topics: [{ name, partitions }], forgotten: [], rackId: "" };
  fetch.request.write(pieces, { ...bounds, ...session });
  return pieces;
}

test("many fetches can wait at once", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  onTestFinished(() => void process.off("warning", onWarning));
  const { writer, broker } = await scene();
  const readers = await Promise.all(Array.from({ length: 30 }, () => temporaryClient(broker)));
  const waiting = readers.map((reader) => fetchFrom(reader, "t", [0], { maxWaitMs: 30_000 }));
  await fetchFrom(writer, "t", [0], { maxWaitMs: 50 });
  await send(writer, "t", batch());
  for (const { partitions } of await Promise.all(waiting)) expect(partitions[0]?.highWatermark).toBe(1);
  expect(warnings).toEqual([]);
});

test("there are no fetch sessions", async () => {
  const { reader } = await scene();
  const errorOf = async (sessionEpoch: number) =>
    (await fetchFrom(reader, "t", [0], { sessionId: 5, sessionEpoch })).error;
  expect([await errorOf(1), await errorOf(0), await errorOf(-1)]).toEqual([errorCode.fetchSessionNotFound, 0, 0]);
});
