import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createRoles, migrate } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { verify } from "../src/verify.js";
import { ordersOf } from "./order-messages.js";
import {
  consume,
  createTopic,
  deleteRecords,
  fromSource,
  messageOf,
  produce,
  query,
  recordsOf,
  runMain,
  runOf,
  startServers,
  type TestServers,
} from "./servers.js";

const topic = "definitions";
const partitions = 4;
const patience = { timeout: 100_000 };
const main = fileURLToPath(new URL("../../../apps/consumer/src/main.ts", import.meta.url));
const wider = { WATERMARK_DELAY: "10m" };
const messages = recordsOf(runOf("dirty", 12_000)).map((record) => messageOf(record, partitions));

let servers: TestServers;
let template: string;
let databaseUrl: string;
beforeAll(async () => {
  servers = await startServers();
  await createTopic(servers, topic, partitions);
  await produce(servers, topic, messages.slice(0, 10_000));
  template = await servers.createDatabase();
  await migrate(socmed, template);
  await createRoles(template, { pipeline: socmed, writer: "definition_writer", reader: "definition_reader" });
  await query(template, "GRANT SELECT (ts) ON socmed_user_sales TO definition_reader");
  await consume(servers, topic, template);
}, 120_000);
beforeEach(async () => {
  databaseUrl = await servers.copyDatabase(template);
});
afterAll(() => servers.close());

const check = (pipeline: string, of = topic) =>
  verify({ brokers: servers.kafkaBrokers, databaseUrl, topic: of, pipeline });

const environment = (env: Readonly<Record<string, string>> = {}, of = topic) => ({
  KAFKA_BROKERS: servers.kafkaBrokers.join(","),
  DATABASE_URL: databaseUrl,
  KAFKA_TOPIC: of,
  ...env,
});

const rebuild = (env: Readonly<Record<string, string>>, of = topic, more: readonly string[] = []) =>
  runMain("apps/consumer", ["rebuild", "--definition", ...more], environment(env, of));

function begin(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [...fromSource, main, ...args], {
    env: { ...process.env, ...environment(env) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<{ code: number | null; err: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, err })),
  );
  return { child, ended };
}

/** Names of everything that is in the schemas of the pipeline's tables, and of the schemas. */
const namesOf = () =>
  query(
    databaseUrl,
    `SELECT nspname AS schema, relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'tidemark') ORDER BY 1, 2`,
  );

const grantsOf = () =>
  query(
    databaseUrl,
    `SELECT relname AS name, a.grantee::regrole::text AS role, a.privilege_type AS right
     FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace, aclexplode(relacl) a
     WHERE nspname = 'public' AND NOT relispartition AND a.grantee <> relowner ORDER BY 1, 2, 3`,
  );

describe("another watermark delay", { timeout: 240_000 }, () => {
  it("is refused by the consumer with the command that changes it", async () => {
    const { code, err } = await runMain("apps/consumer", ["--until-caught-up"], environment(wider));
    expect(code).toBe(2);
    expect(err).toContain("watermark.delay: stored 5m, given 10m");
    expect(err).toContain("nx run consumer:rebuild -- --definition");
  });

  it("takes the place of the former one while a consumer and readers are at work, and both kinds of tables are right", async () => {
    const [names, grants] = [await namesOf(), await grantsOf()];
    const live = begin([]);
    const epochs = () => query(databaseUrl, "SELECT FROM tidemark.checkpoints WHERE epoch > 1");
    await expect.poll(epochs, patience).toHaveLength(partitions);
    const seen: unknown[] = [];
    const reading = new AbortController();
    const reader = (async () => {
      while (!reading.signal.aborted) {
        const [row] = await query(
          databaseUrl,
          "SELECT (SELECT sum(events)::int FROM socmed_1h_total) AS events, (SELECT count(*)::int FROM socmed_user_sales) AS rows",
        );
        seen.push(row?.["events"], row?.["rows"]);
      }
    })();
    const { code, out, err } = await rebuild(wider);
    reading.abort();
    await reader;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("switched");
    // No gap, and nothing between the two.
    expect(new Set(seen).size).toBeLessThanOrEqual(2);
    for (const count of seen) expect(count).toBeGreaterThan(5_000);
    const verdict = await check("socmed");
    expect(verdict.differences).toEqual([]);
    expect(verdict.definition.watermarkDelayMs).toBe(600_000);
    expect(await namesOf()).toEqual(names);
    expect(await grantsOf()).toEqual(grants);
    const [column] = await query(
      databaseUrl,
      "SELECT has_column_privilege('definition_reader', 'socmed_user_sales', 'ts', 'SELECT') AS has",
    );
    expect(column).toEqual({ has: true });
    expect(await query(databaseUrl, "SELECT DISTINCT pipeline, group_name FROM tidemark.checkpoints")).toEqual([
      { pipeline: "socmed", group_name: `tidemark-socmed-${topic}` },
    ]);

    // The consumer of the former definition is fenced by its next checkpoint, and told why.
    await produce(servers, topic, messages.slice(10_000));
    const fenced = await live.ended;
    expect(fenced.code).toBe(2);
    expect(fenced.err).toContain("watermark.delay: stored 10m, given 5m");
    await consume(servers, topic, databaseUrl, { ...wider, RETENTION_DAYS: "1" });
    expect((await check("socmed")).differences).toEqual([]);
    expect(await rebuild(wider)).toMatchObject({ code: 0, out: expect.stringContaining("already") as string });
  });

  it("that is killed while it reads leaves the tables as they were; it goes on, or is left", async () => {
    const names = await namesOf();
    const { child, ended } = begin(["rebuild", "--definition"], wider);
    const begun = () => query(databaseUrl, "SELECT FROM tidemark.checkpoints WHERE pipeline = 'socmed.next'");
    await expect.poll(async () => (await begun()).length, patience).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await ended;
    await consume(servers, topic, databaseUrl);
    expect((await check("socmed")).differences).toEqual([]);
    expect((await check("socmed")).definition.watermarkDelayMs).toBe(300_000);

    expect(await rebuild(wider, topic, ["--abandon"])).toMatchObject({ code: 0, err: "" });
    expect(await namesOf()).toEqual(names);
    expect(await begun()).toHaveLength(0);

    // What a run left that was killed behind the switch is dropped by the next one.
    await query(
      databaseUrl,
      "CREATE SCHEMA tidemark_former_socmed; CREATE TABLE tidemark_former_socmed.left_behind ()",
    );
    expect(await rebuild(wider)).toMatchObject({ code: 0, err: "" });
    expect(await namesOf()).toEqual(names);
    expect((await check("socmed")).differences).toEqual([]);
  });

  it("is refused by the name of each thing that would be lost, and changes nothing", async () => {
    await query(
      databaseUrl,
      `CREATE VIEW public.mine AS SELECT events FROM socmed_1m_total;
       CREATE INDEX own_index ON socmed_1h (events);
       ALTER TABLE socmed_user_sales ADD COLUMN note text, ADD CONSTRAINT own_check CHECK (sales >= 0);
       CREATE FUNCTION own_function() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
       CREATE TRIGGER own_trigger BEFORE INSERT ON socmed_late FOR EACH ROW EXECUTE FUNCTION own_function();
       CREATE TABLE own_table (verdict text PRIMARY KEY);
       ALTER TABLE socmed_verdicts_1h ADD CONSTRAINT own_key FOREIGN KEY (verdict) REFERENCES own_table NOT VALID;
       ALTER TABLE socmed_rejected ENABLE ROW LEVEL SECURITY; CREATE POLICY own_policy ON socmed_rejected USING (true);
       CREATE PUBLICATION own_publication FOR TABLE socmed_5s`,
    );
    const names = await namesOf();
    const { code, err } = await rebuild(wider);
    expect(code).toBe(2);
    const things = ["view mine", "own_index", "column note", "own_check", "own_trigger", "own_key", "own_policy"];
    for (const thing of [...things, "own_publication"]) expect(err).toContain(thing);
    expect(await namesOf()).toEqual(names);
    expect(await query(databaseUrl, "SELECT DISTINCT pipeline FROM tidemark.checkpoints")).toEqual([
      { pipeline: "socmed" },
    ]);
  });
});

it("a field, a rate and rollups more: orders are read into tables that have them", { timeout: 240_000 }, async () => {
  const own = "more-orders";
  await createTopic(servers, own, 2);
  const orders = ordersOf(0, 40, (number) => (number % 2 === 0 ? { items: 3 } : {}));
  await produce(servers, own, orders);
  databaseUrl = await servers.createDatabase();
  const former = { PIPELINE: fileURLToPath(new URL("../../../examples/3-own-pipeline/orders.ts", import.meta.url)) };
  const wide = { PIPELINE: fileURLToPath(new URL("wider-orders.ts", import.meta.url)) };
  await consume(servers, own, databaseUrl, former);
  await query(
    databaseUrl,
    "CREATE ROLE orders_reader; GRANT SELECT ON shop.orders_1m, shop.orders_1h, shop.orders_1m_total, shop.orders_1h_total TO orders_reader",
  );
  // A decision on the former tables holds for the new ones.
  expect(
    await runMain("apps/consumer", ["rebuild", "--partition", "0", "--without", "5"], environment(former, own)),
  ).toMatchObject({ code: 0, err: "" });
  expect(await rebuild(wide, own)).toMatchObject({ code: 0, err: "" });
  const verdict = await check("orders", own);
  expect(verdict.differences).toEqual([]);
  expect(verdict.excluded).toEqual([{ partition: 0, offset: 5 }]);
  expect(await query(databaseUrl, "SELECT sum(items)::int AS items FROM shop.orders")).toEqual([
    { items: 19 * 3 + 20 },
  ]);
  expect(await query(databaseUrl, "SELECT sum(orders)::int AS orders FROM shop.orders_1d_total")).toEqual([
    { orders: 39 },
  ]);
  expect(
    await query(
      databaseUrl,
      "SELECT bool_and(has_table_privilege('orders_reader', name, 'SELECT')) AS has FROM unnest(ARRAY['shop.orders_1h', 'shop.orders_1h_total', 'shop.orders_1d', 'shop.orders_1d_total']) AS name",
    ),
  ).toEqual([{ has: true }]);
  await consume(servers, own, databaseUrl, wide);

  // A log that has lost records is no other where rows tell the same: see rebuild-from-rows.test.ts.
  await deleteRecords(servers, own, 1, 3);
  const { code, err } = await rebuild({ ...former, MAX_FUTURE_SKEW: "1s" }, own);
  expect(code).toBe(2);
  expect(err).toContain("begins at offset 3, and its tables at 0");
  expect(err).toContain("3 of orders");
});
