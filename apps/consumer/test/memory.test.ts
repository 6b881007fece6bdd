import { afterAll, beforeAll, expect, it } from "vitest";
import { environment, start } from "./consumer-process.js";
import { ownName, produce, readLedger, startServers, type TestServers } from "./servers.js";

const patience = { timeout: 150_000 };
const megabyte = 2 ** 20;

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

it("keeps its memory while Postgres is away and the backlog grows, then reads it", { timeout: 300_000 }, async () => {
  const databaseUrl = await servers.createDatabase();
  const topic = ownName("backlog");
  await produce(servers.broker, topic, 100, 1);
  const consumer = start([], { ...environment(servers, databaseUrl, "backlog"), METRICS_PORT: "0" });
  await expect.poll(() => readLedger(databaseUrl).catch(() => undefined), patience).toMatchObject({ read: 100 });
  const url = /http:\S+\/metrics/.exec(consumer.text.stdout)?.[0] ?? "";

  async function read(name: string): Promise<number> {
    const text = await (await fetch(url)).text();
    return Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
  }

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
