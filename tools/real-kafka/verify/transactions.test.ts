import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, type EmbeddedPostgres } from "@tidemark/embedded-postgres";
import { createSource, readOffsets } from "@tidemark/sources";
import { Kafka, logLevel, type Transaction } from "kafkajs";
import { Client } from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startRealKafka, type RealKafka } from "../src/index.js";
import { command, run, until, type Running } from "./processes.js";

const consume = command("../../apps/consumer/src/main.ts");

let directory: string;
let kafka: RealKafka;
let postgres: EmbeddedPostgres;
let client: Kafka;
let topics = 0;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "tidemark-transactions-"));
  postgres = await startPostgres({ dataDir: join(directory, "postgres") });
  kafka = await startRealKafka({ dataDir: join(directory, "kafka") });
  client = new Kafka({ brokers: [kafka.address], logLevel: logLevel.NOTHING });
});
afterAll(async () => {
  await kafka.kill();
  await postgres.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Text {
  readonly key?: Buffer;
  readonly value: string;
}

const texts = (name: string, count: number): Text[] =>
  Array.from({ length: count }, (_, index) => ({ value: `${name} ${index}` }));

/** A topic of one partition with so many records that belong to no transaction. */
async function makeTopic(records: number): Promise<string> {
  topics += 1;
  const topic = `transactions-${topics}`;
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await admin.disconnect();
  const producer = client.producer();
  await producer.connect();
  if (records > 0) await producer.send({ topic, messages: texts("plain", records) });
  await producer.disconnect();
  return topic;
}

/** A transaction of a producer of its own, which Kafka does not abort by time within a test. */
async function begin(topic: string, name: string): Promise<Transaction> {
  const producer = client.producer({
    transactionalId: `${topic}-${name}`,
    transactionTimeout: 600_000,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return producer.transaction();
}

async function startConsumer(topic: string, ...options: readonly string[]): Promise<Running> {
  const database = topic.replace("-", "_");
  return run([...consume, ...options], {
    KAFKA_BROKERS: kafka.address,
    KAFKA_TOPIC: topic,
    DATABASE_URL: await makeDatabase(database),
    METRICS_PORT: "0",
  });
}

async function makeDatabase(name: string): Promise<string> {
  const admin = new Client({ connectionString: postgres.databaseUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = new URL(postgres.databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}

const valuesIn = async (url: string, path: string) => (await fetch(`${url}${path}`)).text();

test("a consumer shows how many records stand behind an open transaction, since when, and when it has ended", async () => {
  const topic = await makeTopic(18);
  const transaction = await begin(topic, "open");
  await transaction.send({ topic, messages: texts("open", 12) });
  await expect(readOffsets([kafka.address], topic)).resolves.toEqual([
    { partition: 0, start: 0, end: 18, highWatermark: 30 },
  ]);

  const consumer = await startConsumer(topic);
  const url = await consumer.says(/http:\/\/[\w.]+:\d+/);
  await consumer.says(/lag 0 \+ 12 behind an open transaction since \d{4}-\d\d-\d\d [\d:]+ {2}watermark/);
  await consumer.says(
    /OPEN TRANSACTION: 12 records of partition 0 \(from offset 18 on\) stand behind a transaction that has been open since \S+Z at least/,
  );
  const metrics = await valuesIn(url, "/metrics");
  expect(metrics).toContain('tidemark_partition_lag_records{partition="0"} 0');
  expect(metrics).toContain('tidemark_partition_last_stable_offset{partition="0"} 18');
  expect(metrics).toContain('tidemark_partition_high_watermark{partition="0"} 30');
  expect(metrics).toContain('tidemark_partition_held_records{partition="0"} 12');
  expect(metrics).toMatch(/tidemark_partition_held_since_timestamp_seconds\{partition="0"\} \d{10}/);
  const health: unknown = JSON.parse(await valuesIn(url, "/healthz"));
  expect(health).toMatchObject({
    ok: true,
    openTransactions: [{ partition: 0, records: 12, lastStableOffset: 18, highWatermark: 30 }],
    degraded: [expect.stringContaining("12 records of partition 0")],
  });

  await transaction.commit();
  await consumer.says(/no records stand behind an open transaction any more/);
  await consumer.says(/lag 0 {2}watermark none {2}read 30 = /);
  expect(await valuesIn(url, "/metrics")).toContain('tidemark_partition_held_records{partition="0"} 0');
  expect(await valuesIn(url, "/healthz")).not.toContain("openTransactions");
  consumer.child.kill("SIGTERM");
  expect(await consumer.exited).toBe(0);
});

const WAITS = /not caught up: 12 records of partition 0 \(from offset 18 on\) stand behind a transaction/;

test.each(["commit", "abort"] as const)(
  "--until-caught-up says that it waits for a transaction, until its %s",
  async (end) => {
    const topic = await makeTopic(18);
    const transaction = await begin(topic, "open");
    await transaction.send({ topic, messages: texts("open", 12) });
    const consumer = await startConsumer(topic, "--until-caught-up");
    await consumer.says(WAITS);
    expect(consumer.stdout()).not.toContain("caught up with what");
    await transaction[end]();
    expect(await consumer.exited, consumer.stderr()).toBe(0);
    expect(consumer.stdout()).toContain("caught up with what");
    expect(consumer.stdout()).toContain(end === "commit" ? "read 30 = " : "read 18 = ");
  },
);

test("--until-caught-up says what it waits for where all of the log stands behind the transaction of a producer that is gone", async () => {
  const topic = await makeTopic(0);
  const transaction = await begin(topic, "gone");
  await transaction.send({ topic, messages: texts("open", 12) });
  const consumer = await startConsumer(topic, "--until-caught-up");
  await consumer.says(/not caught up: 12 records of partition 0 \(from offset 0 on\) stand behind a transaction/);
  // Kafka aborts it when another producer takes the same id, as it does some seconds after the time-out. Which of the two comes first
  // must not depend on how fast the consumer starts.
  await begin(topic, "gone");
  expect(await consumer.exited, consumer.stderr()).toBe(0);
  expect(consumer.stdout()).toContain("read 0 = ");
});

/** The values that a source gives from an offset on, up to a record that says "end". */
async function readFrom(topic: string, nextOffset: number): Promise<string[]> {
  const values: string[] = [];
  const source = createSource({
    brokers: [kafka.address],
    topic,
    group: `${topic}-from-${nextOffset}`,
    claim: () =>
      Promise.resolve({
        nextOffset,
        accept: async ({ records }) => void values.push(...records.map(({ value }) => String(value))),
        close: () => Promise.resolve(),
      }),
  });
  await source.start();
  await until(() => values.includes("end"));
  await source.stop();
  await source.done;
  return values;
}

test("no record of an aborted transaction is given, whatever its key is and wherever reading begins", async () => {
  const topic = await makeTopic(0);
  const [one, other] = [await begin(topic, "one"), await begin(topic, "other")];
  // kafkajs takes this key of a record for the mark of an aborted transaction's end.
  await one.send({ topic, messages: [{ key: Buffer.alloc(4), value: "one 0" }] });
  await other.send({ topic, messages: texts("other", 2) });
  await one.send({ topic, messages: texts("one more", 2) });
  await one.abort();
  await other.abort();
  const last = await begin(topic, "last");
  await last.send({ topic, messages: [{ value: "end" }] });
  await last.commit();
  for (const from of [0, 1, 2, 3]) expect(await readFrom(topic, from), `from ${from}`).toEqual(["end"]);
});
