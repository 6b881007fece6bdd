import { presets } from "@tidemark/socmed/scenario";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runProducer, type ProducerRun } from "../src/producer.js";
import type { RunEnd } from "../src/report.js";
import { connect } from "./log-reader.js";
import { ownTopic, startTestBroker, type TestBroker } from "./test-broker.js";

let broker: TestBroker;

beforeAll(async () => {
  broker = await startTestBroker();
});

afterAll(async () => {
  await broker.close();
});

it("begins its schedule with the first event's arrival, however long Kafka is asked before it sends", async () => {
  const topic = ownTopic("begun");
  const nowMs = Date.UTC(2024, 1, 3, 17);
  await sendRecordOf(topic, nowMs + 3_600_000);
  let passedMs = 0;
  const ends: RunEnd[] = [];
  const run: ProducerRun = {
    options: {
      scenario: "deck",
      seed: 1,
      events: 10,
      rate: 1,
      speed: 1,
      startMs: null,
      startIndex: 0,
      topic,
      partitions: null,
      json: false,
    },
    course: { rate: 1, speed: 1, paced: true, startMs: null, first: 0, end: 10 },
    scenario: presets.deck,
    seed: 1,
    brokers: [broker.address],
    report: {
      started: () => undefined,
      acknowledged: () => undefined,
      progress: () => undefined,
      ended: (_, end) => ends.push(end),
      // Of the newer record, which is said once Kafka has been asked: this clock goes on meanwhile, and stands from then on.
      warn: () => (passedMs = 10_000),
    },
    progressEveryMs: 1_000,
    stop: new AbortController().signal,
    giveUp: new AbortController().signal,
    now: () => nowMs + passedMs,
    monotonicMs: () => passedMs,
  };
  expect(await runProducer(run)).toBe(true);
  expect(ends).toMatchObject([{ acknowledged: 10, failed: 0 }]);
});

/** Makes the topic, too. */
async function sendRecordOf(topic: string, timestampMs: number): Promise<void> {
  const admin = connect(broker.address).admin();
  await admin.connect();
  const configEntries = [{ name: "retention.ms", value: "-1" }];
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 8, configEntries }] });
  await admin.disconnect();
  const producer = connect(broker.address).producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: "newer", timestamp: String(timestampMs) }] });
  await producer.disconnect();
}
