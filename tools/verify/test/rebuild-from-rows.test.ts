import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ordersOf } from "./order-messages.js";
import {
  consume,
  createTopic,
  deleteRecords,
  fromSource,
  produce,
  query,
  runMain,
  startServers,
  type TestServers,
} from "./servers.js";

const patience = { timeout: 100_000 };
const main = fileURLToPath(new URL("../../../apps/consumer/src/main.ts", import.meta.url));
const former = { PIPELINE: fileURLToPath(new URL("../../../examples/3-own-pipeline/orders.ts", import.meta.url)) };
const wide = { PIPELINE: fileURLToPath(new URL("wider-orders.ts", import.meta.url)) };
/** Fields of the wider orders that the others do not have, and all of what these would be rejected for. */
const absent = ["--absent", "items"];
let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const environment = (databaseUrl: string, topic: string, env: Readonly<Record<string, string>>) => ({
  KAFKA_BROKERS: servers.kafkaBrokers.join(","),
  DATABASE_URL: databaseUrl,
  KAFKA_TOPIC: topic,
  ...env,
});

const rebuild = (
  databaseUrl: string,
  topic: string,
  env: Readonly<Record<string, string>>,
  more: readonly string[] = [],
) => runMain("apps/consumer", ["rebuild", "--definition", ...more], environment(databaseUrl, topic, env));

/** The command, to be killed. */
function begin(databaseUrl: string, topic: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [...fromSource, main, ...args], {
    env: { ...process.env, ...environment(databaseUrl, topic, env) },
    stdio: "ignore",
  });
  return { child, ended: new Promise<void>((resolve) => child.once("close", () => resolve())) };
}

const tablesOf = (schema: string, tables: readonly string[]) => (url: string) =>
  Promise.all(
    tables.map((table) =>
      query(url, `SELECT (to_jsonb(t) - 'topic')::text AS row FROM ${schema}.${table} t ORDER BY 1`),
    ),
  );
const counters = ["orders_verdicts_1m", "orders_verdicts_1h"];
const formerRows = tablesOf("shop", ["orders", "orders_1m", "orders_1h", ...counters]);
/** Over all partitions: which windows are merged depends on when the consumers stopped. */
const totals = ["orders_1m_total", "orders_1h_total", "orders_1d_total"];
const wideRows = tablesOf("shop", ["orders", ...totals, ...counters]);

/** Two topics with the same records, of which one loses its first ones once they are in tables. */
async function makeTopics(name: string) {
  const [whole, cut] = [`${name}-whole`, `${name}-cut`];
  for (const topic of [whole, cut]) {
    await createTopic(servers, topic, 2);
    await produce(servers, topic, ordersOf(0, 60));
  }
  const databaseUrl = await servers.createDatabase();
  await consume(servers, cut, databaseUrl, former);
  await deleteRecords(servers, cut, 0, 20);
  await deleteRecords(servers, cut, 1, 5);
  return { whole, cut, databaseUrl };
}

describe("a rebuild whose log has lost its first records", { timeout: 240_000 }, () => {
  it("goes on after it was killed while it copies rows, and while it reads on; until the switch the tables are as they were", async () => {
    const { whole, cut, databaseUrl } = await makeTopics("killed");
    const before = await formerRows(databaseUrl);
    const args = ["rebuild", "--definition", ...absent];

    // A table that is locked stops it in the middle of its transaction.
    const holder = postgres(databaseUrl, { max: 1, onnotice: () => {} });
    await holder.unsafe("BEGIN; LOCK TABLE shop.orders_verdicts_1h IN ACCESS EXCLUSIVE MODE");
    const copying = begin(databaseUrl, cut, args, wide);
    const waiting = () =>
      query(
        databaseUrl,
        "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
      );
    await expect.poll(async () => (await waiting()).length, patience).toBe(1);
    copying.child.kill("SIGKILL");
    await copying.ended;
    await holder.unsafe("ROLLBACK");
    await holder.end();
    const next = "SELECT FROM tidemark.checkpoints WHERE pipeline = 'orders.next'";
    await expect.poll(async () => (await waiting()).length, patience).toBe(0);
    expect(await query(databaseUrl, next)).toHaveLength(0);
    expect(await formerRows(databaseUrl)).toEqual(before);

    const reading = begin(databaseUrl, cut, args, wide);
    await expect.poll(async () => (await query(databaseUrl, next)).length, patience).toBe(2);
    reading.child.kill("SIGKILL");
    await reading.ended;

    // The consumer of the former definition goes on, and its log loses what both have read, and no more.
    const isSwitched = (await query(databaseUrl, "SELECT to_regclass('shop.orders_1d') IS NOT NULL AS is"))[0]?.["is"];
    for (const topic of [whole, cut]) await produce(servers, topic, ordersOf(60, 80));
    if (isSwitched !== true) await consume(servers, cut, databaseUrl, former);
    const done = await rebuild(databaseUrl, cut, wide, absent);
    expect(done).toMatchObject({ code: 0, err: "" });
    await consume(servers, cut, databaseUrl, wide);
    const reference = await servers.createDatabase();
    await consume(servers, whole, reference, wide);
    expect(await wideRows(databaseUrl)).toEqual(await wideRows(reference));
    expect(await query(databaseUrl, "SELECT DISTINCT pipeline FROM tidemark.checkpoints")).toEqual([
      { pipeline: "orders" },
    ]);
  });

  it("takes the place of the former one while its consumer is at work, and names what it does", async () => {
    const { whole, cut, databaseUrl } = await makeTopics("live");
    const refused = await rebuild(databaseUrl, cut, wide);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toContain("The log of live-cut[0] begins at offset 20, and its tables at 0");
    expect(refused.err).toContain("--absent items says that none had it");
    const live = begin(databaseUrl, cut, [], former);
    const epochs = () => query(databaseUrl, "SELECT FROM tidemark.checkpoints WHERE epoch > 1");
    await expect.poll(async () => (await epochs()).length, patience).toBe(2);
    for (const topic of [whole, cut]) await produce(servers, topic, ordersOf(60, 90));
    const { code, out, err } = await rebuild(databaseUrl, cut, wide, absent);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("the log of partitions 0, 1 has lost records; makes their rows of those that are there");
    expect(out).toContain("switched");
    for (const topic of [whole, cut]) await produce(servers, topic, ordersOf(90, 100));
    await live.ended;
    await consume(servers, cut, databaseUrl, wide);
    const reference = await servers.createDatabase();
    await consume(servers, whole, reference, wide);
    expect(await wideRows(databaseUrl)).toEqual(await wideRows(reference));

    // The verifier says what it cannot prove.
    const verdict = await runMain("tools/verify", [], environment(databaseUrl, cut, {}));
    expect(verdict.code).toBe(2);
    const words = verdict.out.replaceAll(/\s+/g, " ").trim();
    expect(words).toContain("nothing is left to prove them by from the 20 offsets between.");
    expect(words).toMatch(/Not proven: the log of no partition is whole\.$/);
  });
});
