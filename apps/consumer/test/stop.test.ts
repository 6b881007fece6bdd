import { startProxy } from "@tidemark/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { environment, start, type ConsumerProcess } from "./consumer-process.js";
import { ownName, produce, query, readLedger, readTables, startServers, type TestServers } from "./servers.js";

const patience = { timeout: 100_000 };
const half = 3_000;

let servers: TestServers;
let databaseUrl: string;
beforeAll(async () => {
  servers = await startServers();
});
beforeEach(async () => {
  databaseUrl = await servers.createDatabase();
});
afterAll(() => servers.close());

async function untilRead(consumer: ConsumerProcess, records: number): Promise<void> {
  await expect
    .poll(() => readLedger(databaseUrl).catch(() => consumer.text.stderr), patience)
    .toMatchObject({ offsets: records });
}

/** Another run reads what is left, and the tables are those of a run that nobody stopped. */
async function expectNoGap(topic: string): Promise<void> {
  const undisturbed = await servers.createDatabase();
  for (const url of [databaseUrl, undisturbed]) {
    expect(await start(["--until-caught-up"], environment(servers, url, topic)).ended).toMatchObject({ code: 0 });
  }
  expect(await readLedger(databaseUrl)).toMatchObject({ offsets: 2 * half });
  expect(await readTables(databaseUrl)).toEqual(await readTables(undisturbed));
}

describe("a consumer that is told to stop", { timeout: 240_000 }, () => {
  it("commits what it has read within the time, and exits with 0", async () => {
    await produce(servers.broker, ownName("drained"), 2 * half, 2);
    const consumer = start([], environment(servers, databaseUrl, "drained"));
    await expect
      .poll(
        () =>
          readLedger(databaseUrl).then(
            (ledger) => Number(ledger?.["read"]),
            () => 0,
          ),
        {
          ...patience,
          interval: 1,
        },
      )
      .toBeGreaterThan(0);
    consumer.child.kill("SIGTERM");
    expect(await consumer.ended).toMatchObject({ code: 0, stderr: "" });
    await expectNoGap("drained");
  });

  it("gives up on a Postgres that is away when the time is over, exits with 1, says so, and leaves no gap", async () => {
    await produce(servers.broker, ownName("given-up"), half, 2);
    const consumer = start([], { ...environment(servers, databaseUrl, "given-up"), STOP_TIMEOUT: "1s" });
    await untilRead(consumer, half);
    await servers.stopPostgres();
    await produce(servers.broker, ownName("given-up"), half, 2, half);
    await expect.poll(() => consumer.text.stdout, patience).toContain("Postgres is away");
    consumer.child.kill("SIGTERM");
    const { code, stderr } = await consumer.ended;
    expect(stderr).toMatch(/^consumer: stopped before Postgres had taken all that was read of partitions [01].*\n$/);
    expect(code).toBe(1);
    await servers.restartPostgres();
    expect(await readLedger(databaseUrl)).toMatchObject({ offsets: half });
    await expectNoGap("given-up");
  });

  it("gives up likewise on a Postgres that keeps its connections and answers nothing", async () => {
    const proxy = await startProxy(Number(new URL(databaseUrl).port));
    await produce(servers.broker, ownName("stalled"), half, 2);
    const consumer = start([], { ...environment(servers, proxy.through(databaseUrl), "stalled"), STOP_TIMEOUT: "1s" });
    await untilRead(consumer, half);
    proxy.stall();
    await produce(servers.broker, ownName("stalled"), half, 2, half);
    consumer.child.kill("SIGTERM");
    // Whether it had read any of them by then is a matter of luck; that it ends is not.
    expect([0, 1]).toContain((await consumer.ended).code);
    await proxy.close();
    await expectNoGap("stalled");
  });

  it("does not wait for another who migrates the tables", async () => {
    const migrating = new Client({ connectionString: databaseUrl });
    await migrating.connect();
    await migrating.query("SELECT pg_advisory_lock(7415062)");
    await produce(servers.broker, ownName("queued"), half, 2);
    const consumer = start([], environment(servers, databaseUrl, "queued"));
    await expect
      .poll(() => query(databaseUrl, "SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted"), patience)
      .toEqual([{ waiting: 1 }]);
    consumer.child.kill("SIGTERM");
    expect(await consumer.ended).toMatchObject({ code: 0 });
    await migrating.end();
  });

  it("has abandoned nothing where it was waiting for its claims", async () => {
    await produce(servers.broker, ownName("claiming"), half, 2);
    expect(await start(["--until-caught-up"], environment(servers, databaseUrl, "claiming")).ended).toMatchObject({
      code: 0,
    });
    const blocker = new Client({ connectionString: databaseUrl });
    blocker.on("error", () => {});
    await blocker.connect();
    await blocker.query("BEGIN; SELECT FROM tidemark.checkpoints FOR UPDATE");
    const consumer = start([], { ...environment(servers, databaseUrl, "claiming"), STOP_TIMEOUT: "1s" });
    await expect
      .poll(() => query(databaseUrl, "SELECT count(*)::int > 0 AS waits FROM pg_locks WHERE NOT granted"), patience)
      .toEqual([{ waits: true }]);
    consumer.child.kill("SIGTERM");
    expect(await consumer.ended).toMatchObject({ code: 0, stderr: "" });
    await blocker.end();
  });

  it("stops at once by a second signal, and leaves no gap", async () => {
    await produce(servers.broker, ownName("twice"), half, 2);
    const consumer = start([], { ...environment(servers, databaseUrl, "twice"), STOP_TIMEOUT: "1d" });
    await untilRead(consumer, half);
    await servers.stopPostgres();
    await produce(servers.broker, ownName("twice"), half, 2, half);
    await expect.poll(() => consumer.text.stdout, patience).toContain("Postgres is away");
    // Two that come together are one stop: Nx and a terminal may both tell it.
    const again = setInterval(() => consumer.child.kill("SIGTERM"), 200);
    const { code } = await consumer.ended;
    clearInterval(again);
    expect(code).toBe(1);
    await servers.restartPostgres();
    await expectNoGap("twice");
  });
});
