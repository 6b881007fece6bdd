import { afterAll, beforeAll, expect, it } from "vitest";
import { readClusterId, readOffsets } from "../src/index.js";
import { startKafka, type TestKafka } from "./kafka-fixture.js";

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
  expect(offsets[3]).toEqual({ partition: 3, start: 0, end: 25 });
  expect(offsets[4]).toEqual({ partition: 4, start: 0, end: 0 });
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

it.each(["127.0.0.1:1", "nowhere.invalid:9092"])("says that nobody answers at %s", async (address) => {
  await expect(readClusterId([address])).rejects.toMatchObject({ code: "unreachable", retryable: true });
  await expect(readOffsets([address], "events")).rejects.toThrow(`No Kafka broker answered at ${address}`);
});

it("gives up at the signal", async () => {
  const stop = new AbortController();
  const asked = readOffsets(["127.0.0.1:1"], "events", { signal: stop.signal });
  stop.abort();
  await expect(asked).rejects.toMatchObject({ code: "unreachable" });
});
