import { afterAll, beforeAll, expect, it } from "vitest";
import { readClusterId, readOffsets } from "../src/index.js";
import { startKafka, type TestKafka } from "./kafka-fixture.js";
import { startProxyWithoutId } from "./proxy-without-id.js";

let kafka: TestKafka;

beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka.close());

it("readOffsets gives the first and the end offset of every partition, in order", async () => {
  await kafka.createTopic(kafka.topic, 12);
  await kafka.produce(kafka.topic, 3, 0, 25);
  const offsets = await readOffsets([kafka.address], kafka.topic);
  expect(offsets.map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(offsets[3]).toEqual({ partition: 3, start: 0, end: 25, highWatermark: 25 });
  expect(offsets[4]).toEqual({ partition: 4, start: 0, end: 0, highWatermark: 0 });
});

it("readOffsets says when the topic is missing, and does not create it", async () => {
  await expect(readOffsets([kafka.address], "missing")).rejects.toMatchObject({
    code: "topic-missing",
    retryable: true,
    message: 'Kafka has no topic "missing": create it, or start what produces it',
  });
  await expect(kafka.withAdmin((admin) => admin.listTopics())).resolves.not.toContain("missing");
});

it("readClusterId gives the id that the broker drew", async () => {
  await expect(readClusterId([kafka.address])).resolves.toBe(kafka.clusterId);
});

it("readClusterId gives nothing where the broker reports no id", async () => {
  const proxy = await startProxyWithoutId(kafka);
  try {
    await expect(readClusterId([proxy.address])).resolves.toBe("");
  } finally {
    proxy.close();
  }
});

it("says that nobody answers", async () => {
  const address = "127.0.0.1:1";
  await expect(readClusterId([address])).rejects.toMatchObject({ code: "unreachable", retryable: true });
  await expect(readOffsets([address], "events")).rejects.toThrow(`No Kafka broker answered at ${address}`);
});

it("says that the host name cannot be resolved", async () => {
  const sentence = "The host name of the Kafka broker nowhere.invalid:9092 cannot be resolved";
  await expect(readOffsets(["nowhere.invalid:9092"], "events")).rejects.toMatchObject({
    code: "unreachable",
    retryable: true,
    message: expect.stringContaining(sentence) as string,
  });
});

it("gives up at the signal", async () => {
  const stop = new AbortController();
  const asked = readOffsets(["127.0.0.1:1"], "events", { signal: stop.signal });
  stop.abort();
  await expect(asked).rejects.toMatchObject({ code: "unreachable" });
});
