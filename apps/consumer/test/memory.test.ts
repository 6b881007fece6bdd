import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { CompressionTypes, Kafka, logLevel } from "kafkajs";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { environment, start, type ConsumerProcess } from "./consumer-process.js";
import { ownName, produce, query, readLedger, startServers, type TestServers } from "./servers.js";

const patience = { timeout: 150_000 };
const megabyte = 2 ** 20;

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

/** The sum of a metric over all partitions. */
async function readMetric({ text }: ConsumerProcess, name: string): Promise<number> {
  const url = /http:\S+\/metrics/.exec(text.stdout)?.[0] ?? "";
  const metrics = await (await fetch(url)).text();
  const samples = [...metrics.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))];
  return samples.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** The most memory that the process has had, in bytes, as the kernel counts it; 0 where it does not say. */
async function peakMemory({ child }: ConsumerProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, "utf8").catch(() => "");
  const found = /^VmHWM:\s*(\d+) kB$/m.exec(status);
  return found === null ? 0 : Number(found[1]) * 1024;
}

async function sendValues(
  topic: string,
  partitions: number,
  each: number,
  value: Buffer,
  compression: CompressionTypes,
) {
  const kafka = new Kafka({ brokers: [servers.broker.address], logLevel: logLevel.NOTHING });
  const [admin, producer] = [kafka.admin(), kafka.producer()];
  await Promise.all([admin.connect(), producer.connect()]);
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] });
  for (let sent = 0; sent < each; sent += 10) {
    const values = Array.from({ length: Math.min(10, each - sent) }, () => value);
    for (let partition = 0; partition < partitions; partition += 1) {
      await producer.send({ topic, compression, messages: values.map((one) => ({ value: one, partition })) });
    }
  }
  await Promise.all([admin.disconnect(), producer.disconnect()]);
}

const wholeValues = fileURLToPath(new URL("whole-values.ts", import.meta.url));

it.each([
  { kept: "the start", pipeline: {}, table: "socmed_rejected", length: 4_096 },
  { kept: "the whole", pipeline: { PIPELINE: wholeValues }, table: "whole_rejected", length: 60_000 },
])(
  "bounds the memory of all partitions together while the table is locked that keeps $kept of rejected values",
  { timeout: 300_000 },
  async ({ kept, pipeline, table, length }) => {
    const [partitions, each] = [16, 400];
    const databaseUrl = await servers.createDatabase();
    const name = kept.replace(" ", "-");
    await sendValues(ownName(name), partitions, 1, Buffer.alloc(60_000, "x"), CompressionTypes.None);
    const limits = { METRICS_PORT: "0", MEMORY_BUDGET: String(32 * megabyte) };
    const consumer = start([], { ...environment(servers, databaseUrl, name), ...limits, ...pipeline });
    const ledger = () => readLedger(databaseUrl).catch(() => undefined);
    await expect.poll(ledger, patience).toMatchObject({ read: partitions });
    const before = await peakMemory(consumer);
    const other = new Client({ connectionString: databaseUrl });
    await other.connect();
    await other.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    await sendValues(ownName(name), partitions, each, Buffer.alloc(60_000, "x"), CompressionTypes.None);
    await expect.poll(() => readMetric(consumer, "tidemark_postgres_retries_total"), patience).toBeGreaterThan(20);
    await other.query("ROLLBACK");
    await other.end();
    const read = partitions * (each + 1);
    await expect.poll(ledger, patience).toMatchObject({ read, rejected: read });
    // The budget, what the garbage collector has not taken back yet, and answers of Kafka that are being read: some 140.
    expect(((await peakMemory(consumer)) - before) / megabyte).toBeLessThan(190);
    consumer.child.kill("SIGTERM");
    expect(await consumer.ended).toMatchObject({ code: 0 });
    const rows = `SELECT count(*)::int AS rows, min(length(bytes)) AS least, max(length(bytes)) AS most,
      min(byte_length) AS whole, count(DISTINCT sha256)::int AS digests FROM ${table}`;
    expect(await query(databaseUrl, rows)).toEqual([
      { rows: read, least: length, most: length, whole: 60_000, digests: 1 },
    ]);
  },
);

it("bounds what the compressed batches of all partitions become together", { timeout: 300_000 }, async () => {
  const partitions = 16;
  const databaseUrl = await servers.createDatabase();
  await sendValues(ownName("zeros"), partitions, 1, Buffer.from("{}"), CompressionTypes.None);
  const consumer = start([], { ...environment(servers, databaseUrl, "zeros"), METRICS_PORT: "0" });
  const ledger = () => readLedger(databaseUrl).catch(() => undefined);
  await expect.poll(ledger, patience).toMatchObject({ read: partitions });
  const before = await peakMemory(consumer);
  // One batch of 40 MiB in each partition: an answer that holds all of them is small.
  await sendValues(ownName("zeros"), partitions, 10, Buffer.alloc(4 * megabyte), CompressionTypes.GZIP);
  await expect.poll(ledger, patience).toMatchObject({ read: partitions * 11 });
  expect(((await peakMemory(consumer)) - before) / megabyte).toBeLessThan(300);
  consumer.child.kill("SIGTERM");
  expect(await consumer.ended).toMatchObject({ code: 0 });
});

it("keeps its memory while Postgres is away and the backlog grows, then reads it", { timeout: 300_000 }, async () => {
  const databaseUrl = await servers.createDatabase();
  const topic = ownName("backlog");
  await produce(servers.broker, topic, 100, 1);
  const consumer = start([], { ...environment(servers, databaseUrl, "backlog"), METRICS_PORT: "0" });
  await expect.poll(() => readLedger(databaseUrl).catch(() => undefined), patience).toMatchObject({ read: 100 });
  const read = (name: string) => readMetric(consumer, name);

  await servers.stopPostgres();
  // More than the two checkpoints that a partition may hold.
  await produce(servers.broker, topic, 50_000, 1, 100);
  await expect.poll(() => read("tidemark_partition_pauses_total"), patience).toBe(1);
  const before = await read("process_resident_memory_bytes");
  const retries = await read("tidemark_postgres_retries_total");
  await produce(servers.broker, topic, 150_000, 1, 50_100);
  // It has had its time to fetch more.
  await expect.poll(() => read("tidemark_postgres_retries_total"), patience).toBeGreaterThan(retries + 2);
  expect(await read("process_resident_memory_bytes")).toBeLessThan(before + 20 * megabyte);
  expect(await read("tidemark_partition_resumes_total")).toBe(0);

  await servers.restartPostgres();
  await expect.poll(() => readLedger(databaseUrl), patience).toMatchObject({ offsets: 200_100 });
  consumer.child.kill("SIGTERM");
  expect(await consumer.ended).toMatchObject({ code: 0 });
});
