import { Kafka, logLevel, type KafkaMessage } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { FetchedRecord } from "../src/fetched-record.js";
import { createKafkajsPort } from "../src/kafkajs-port.js";
import { resolveOptions } from "../src/options.js";
import { startKafka } from "./kafka-fixture.js";

const RECORDS = 20;

describe("the records of a fetch", () => {
  let kafka: Awaited<ReturnType<typeof startKafka>>;
  beforeAll(async () => {
    kafka = await startKafka();
    await kafka.createTopic(kafka.topic, 1);
    await kafka.produce(kafka.topic, 0, 0, RECORDS);
  });
  afterAll(() => kafka.close());

  it("are decoded here for a source, and by kafkajs for every other client of the process", async () => {
    const { address, topic, group } = kafka;
    const own: unknown[] = [];
    const filtered: unknown[] = [];
    const ended = new AbortController();
    const claim = (): Promise<never> => Promise.reject(new Error("nothing is claimed"));
    const port = createKafkajsPort(resolveOptions({ brokers: [address], topic, group, maxWaitMs: 50, claim }));
    const running = port.run(
      {
        assigned: () => {},
        batch: ({ records }) => {
          own.push(...records);
          filtered.push(...records.filter(({ offset }) => offset === 3));
          return Promise.resolve(true);
        },
        event: () => {},
        logEnd: () => {},
      },
      ended.signal,
    );
    const theirs: KafkaMessage[] = [];
    const consumer = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).consumer({ groupId: `${group}-2` });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({ eachMessage: ({ message }) => Promise.resolve(void theirs.push(message)) });
      await vi.waitUntil(() => own.length === RECORDS && theirs.length === RECORDS, { timeout: 20_000 });
    } finally {
      ended.abort();
      await Promise.all([running, consumer.disconnect()]);
    }
    expect(filtered).toEqual([own[3]]);
    expect(own.every((record) => record instanceof FetchedRecord)).toBe(true);
    expect(theirs.map(({ offset, headers }) => [offset, headers])).toEqual(
      Array.from({ length: RECORDS }, (_, offset) => [String(offset), {}]),
    );
    const values = (own as FetchedRecord[]).map(({ offset, timestampMs, value }) => [offset, timestampMs, value]);
    expect(values).toEqual(theirs.map(({ offset, timestamp, value }) => [Number(offset), Number(timestamp), value]));
  });
});
