import { readFile } from "node:fs/promises";
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

it(
  "bounds the memory of all partitions together while a table of rejected records is locked",
  { timeout: 300_000 },
  async () => {
    const [partitions, each] = [16, 400];
    const databaseUrl = await servers.createDatabase();
    const topic = ownName("rejected");
    await sendValues(topic, partitions, 1, Buffer.alloc(60_000, "x"), CompressionTypes.None);
    const env = {
      ...environment(servers, databaseUrl, "rejected"),
      METRICS_PORT: "0",
      MEMORY_BUDGET: String(32 * megabyte),
    };
    const consumer = start([], env);
    await expect
      .poll(() => readLedger(databaseUrl).catch(() => undefined), patience)
      .toMatchObject({ read: partitions });
    const before = await peakMemory(consumer);
    const other = new Client({ connectionString: databaseUrl });
    await other.connect();
    await other.query("BEGIN; LOCK TABLE socmed_rejected IN ACCESS EXCLUSIVE MODE");
    await sendValues(topic, partitions, each, Buffer.alloc(60_000, "x"), CompressionTypes.None);
    const retries = () => readMetric(consumer, "tidemark_postgres_retries_total");
    await expect.poll(retries, patience).toBeGreaterThan(20);
    await other.query("ROLLBACK");
    await other.end();
    const read = partitions * (each + 1);
    await expect.poll(() => readLedger(databaseUrl), patience).toMatchObject({ read, rejected: read });
    // The budget, what the garbage collector has not taken back yet, and answers of Kafka that are being read: some 140.
    const peak = await peakMemory(consumer);
    expect((peak - before) / megabyte).toBeLessThan(190);
    consumer.child.kill("SIGTERM");
    expect(await consumer.ended).toMatchObject({ code: 0 });
    const rows =
      "SELECT count(*)::int AS rows, min(length(bytes)) AS least, max(length(bytes)) AS most FROM socmed_rejected";
    expect(await query(databaseUrl, rows)).toEqual([{ rows: read, least: 60_000, most: 60_000 }]);
  },
);

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
