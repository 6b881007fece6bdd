import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSource, type Source, type SourceEvent } from "@tidemark/sources";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startRealKafka, type RealKafka } from "../src/index.js";
import { joinByNewerProtocol } from "./newer-member.js";
import { until } from "./processes.js";

const TOPIC = "orders";
const PARTITIONS = 4;

let directory: string;
let kafka: RealKafka;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tidemark-newer-"));
  kafka = await startRealKafka({ dataDir: join(directory, "kafka") });
  const admin = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }] });
  await admin.disconnect();
});
afterAll(async () => {
  await kafka.kill();
  rmSync(directory, { recursive: true, force: true });
});

function open(group: string): {
  readonly source: Source;
  readonly events: SourceEvent[];
  readonly claimed: Set<number>;
} {
  const events: SourceEvent[] = [];
  const claimed = new Set<number>();
  const source = createSource({
    brokers: [kafka.address],
    topic: TOPIC,
    group,
    purpose: { key: "shop", description: "pipeline orders into shop" },
    sessionTimeoutMs: 6_000,
    onEvent: (event) => events.push(event),
    claim(partition) {
      claimed.add(partition);
      return Promise.resolve({ nextOffset: 0, accept: () => Promise.resolve(), close: () => Promise.resolve() });
    },
  });
  source.done.catch(() => {});
  onTestFinished(() => source.stop());
  return { source, events, claimed };
}

/** Keeps a member of the newer protocol in the group; `given` is how many partitions it has been given last. */
async function intrude(group: string) {
  const member = await joinByNewerProtocol(kafka.address, group, TOPIC);
  const state = { given: 0 };
  let isBusy = false;
  async function beat(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    const answer = await member.heartbeat();
    state.given = answer.partitions ?? state.given;
    isBusy = false;
  }
  const timer = setInterval(() => void beat(), 200);
  const leave = async () => {
    clearInterval(timer);
    await until(() => !isBusy);
    await member.leave();
  };
  return { state, leave };
}

const refusal = (group: string) => ({
  code: "group-in-use",
  message:
    `The consumer group "${group}" is in use by consumers of Kafka's newer group protocol (group.protocol=consumer). ` +
    `This consumer reads topic "${TOPIC}" for pipeline orders into shop: in one group with others each would be given partitions that the ` +
    "other needs. Use another group here, or end the other",
});

test("a source ends in words where a consumer of the newer protocol joins its group, which Kafka admits", async () => {
  const group = "source-first";
  const { source, events, claimed } = open(group);
  await source.start();
  await until(() => claimed.size === PARTITIONS);
  const { state, leave } = await intrude(group);
  onTestFinished(leave);
  await expect(source.done).rejects.toMatchObject(refusal(group));
  expect(events.filter(({ type }) => type === "group-in-use")).toHaveLength(1);
  await until(() => state.given === PARTITIONS);
});

test("a source takes nothing in a group that consumers of the newer protocol use, and ends in words", async () => {
  const group = "newer-first";
  const { state, leave } = await intrude(group);
  onTestFinished(leave);
  await until(() => state.given === PARTITIONS);
  const { source, claimed } = open(group);
  await expect(source.start()).rejects.toMatchObject(refusal(group));
  expect(claimed.size).toBe(0);
});

test("a source goes on where the consumer of the newer protocol leaves in time", async () => {
  const group = "newer-leaves";
  const { leave } = await intrude(group);
  const { source, events, claimed } = open(group);
  const started = source.start();
  await until(() => events.some(({ type }) => type === "group-in-use"));
  await leave();
  await started;
  await until(() => claimed.size === PARTITIONS);
  expect(events.some(({ type }) => type === "crashed")).toBe(false);
});
