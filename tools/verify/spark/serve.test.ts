import { migrate } from "@tidemark/sinks";
import { socmed } from "@tidemark/socmed";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { verify } from "../src/verify.js";
import {
  consume,
  createTopic,
  deleteRecords,
  messageOf,
  produce,
  query,
  recordsOf,
  runOf,
  startServers,
  type TestServers,
} from "../test/servers.js";
import { findSpark, serveSpark, type ServeProcess } from "./spark-process.js";

const PARTITIONS = 3;
const PART = 1_000;
const WAIT = { timeout: 200_000, interval: 200 };
const TABLES = ["socmed_user_sales", "socmed_late", "socmed_rejected", "socmed_verdicts_1m", "socmed_verdicts_1h"];
const VIEWS = ["socmed_5s_total", "socmed_1m_total", "socmed_1h_total"];

const messages = recordsOf(runOf("dirty", 3 * PART)).map((one) => messageOf(one, PARTITIONS));
const part = (at: number) => messages.slice(at * PART, (at + 1) * PART);
const started: ServeProcess[] = [];
let servers: TestServers;

beforeAll(async () => {
  servers = await startServers();
  await findSpark();
});

afterAll(async () => {
  for (const one of started) one.kill();
  await Promise.all(started.map(({ ended }) => ended));
  await servers.close();
});

function serve(topic: string, databaseUrl: string, args: readonly string[], env: Record<string, string> = {}) {
  const process = serveSpark(servers, args, { KAFKA_TOPIC: topic, DATABASE_URL: databaseUrl, ...env });
  started.push(process);
  return process;
}

async function createTables(topic: string, partitions = PARTITIONS): Promise<string> {
  const databaseUrl = await servers.createDatabase();
  await createTopic(servers, topic, partitions);
  await migrate(socmed, databaseUrl);
  return databaseUrl;
}

/** What a table or view holds, in an order of its own. */
async function rowsOf(databaseUrl: string, table: string): Promise<unknown> {
  const text = `SELECT count(*)::int AS rows, md5(string_agg(t::text, E'\\n' ORDER BY t::text)) AS digest FROM ${table} t`;
  return (await query(databaseUrl, text))[0];
}

async function expectEqual(topic: string, databaseUrl: string, records: number): Promise<void> {
  const verdict = await verify({ brokers: servers.kafkaBrokers, databaseUrl, topic });
  expect(verdict.differences).toEqual([]);
  expect(verdict).toMatchObject({ equal: true, records, unread: 0 });
}

it("makes the consumer's tables, row by row, also where a constraint refuses some", async () => {
  const topic = "row-by-row";
  const [bySpark, byConsumer] = [await createTables(topic), await servers.createDatabase()];
  await migrate(socmed, byConsumer);
  for (const databaseUrl of [bySpark, byConsumer]) {
    await query(databaseUrl, `ALTER TABLE socmed_user_sales ADD CONSTRAINT odd CHECK ("offset" % 97 <> 5)`);
  }
  await produce(servers, topic, messages);
  await consume(servers, topic, byConsumer);
  const { code, log } = await serve(topic, bySpark, ["--until-caught-up", "--show"]).ended;
  expect({ code, log }).toMatchObject({ code: 0 });
  expect(log).toMatch(/Batch 0: partition \d, up to offset \d+\n\+-+\+/);
  expect(log).toContain("conversion_rate");
  expect(log).toMatch(/the database refused the row of offset \d+.*"odd"/);
  expect(log).toMatch(/read 3,000 = .* \+ refused \d+\n/);
  for (const table of [...TABLES, ...VIEWS]) {
    expect({ table, rows: await rowsOf(bySpark, table) }).toEqual({ table, rows: await rowsOf(byConsumer, table) });
  }
});

it("waits while Postgres takes no connections, reads added partitions, and stops at a signal", async () => {
  const topic = "long-lived";
  const databaseUrl = await createTables(topic);
  const name = new URL(databaseUrl).pathname.slice(1);
  const server = new URL(databaseUrl);
  server.pathname = "/postgres";
  await produce(servers, topic, part(0));
  const running = serve(topic, databaseUrl, [], { METRICS_PORT: "0" });
  const ended = running.ended.then(({ log }) => Promise.reject(new Error(`It ended: ${log}`)));
  ended.catch(() => {});
  const until = (condition: () => boolean | Promise<boolean>) => Promise.race([vi.waitUntil(condition, WAIT), ended]);
  const read = async () =>
    Number((await query(databaseUrl, "SELECT sum(read)::int AS read FROM tidemark.checkpoints"))[0]?.["read"]);
  await until(async () => (await read()) === PART);

  await query(server.href, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await query(server.href, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  await produce(servers, topic, part(1));
  await until(() => running.log().includes("Postgres is away"));
  await query(server.href, `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  await until(async () => (await read()) === 2 * PART);
  // The program looks at Postgres now and then.
  await until(() => running.log().includes("Postgres is back"));

  const admin = servers.kafka.admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count: PARTITIONS + 1 }] });
  await admin.disconnect();
  await produce(
    servers,
    topic,
    part(2).map((message) => ({ ...message, partition: PARTITIONS })),
  );
  await until(async () => (await read()) === 3 * PART);

  const [, url] = /can be watched at (\S+)\/metrics/.exec(running.log()) ?? [];
  const isCounted = async () =>
    /^tidemark_records_read_total\{partition="3"\} 1000$/m.test(await (await fetch(`${url}/metrics`)).text());
  await until(isCounted);
  // Progress is recorded now and then.
  await until(async () => {
    const [observed] = await query(databaseUrl, "SELECT sum(records)::int AS records FROM tidemark.progress");
    return Number(observed?.["records"]) > 0;
  });
  running.stop();
  expect((await running.ended).code).toBe(0);
  await expectEqual(topic, databaseUrl, 3 * PART);
});

it("ends with 2 where records were deleted before they were read, and counts them where that is accepted", async () => {
  const topic = "deleted";
  const databaseUrl = await createTables(topic, 1);
  const inOne = messages.slice(0, PART).map((message) => ({ ...message, partition: 0 }));
  await produce(servers, topic, inOne.slice(0, 400));
  await consume(servers, topic, databaseUrl);
  await produce(servers, topic, inOne.slice(400));
  await deleteRecords(servers, topic, 0, 500);
  const refused = await serve(topic, databaseUrl, ["--until-caught-up"]).ended;
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.log).toContain("the records 400 to 499 of partition 0 of deleted were deleted before they were read");
  expect(refused.log).toContain("--accept-loss");
  const accepted = await serve(topic, databaseUrl, ["--until-caught-up", "--accept-loss"]).ended;
  expect(accepted).toMatchObject({ code: 0 });
  expect(accepted.log).toMatch(/LOST: offsets 400 to 499/);
  const [ledger] = await query(databaseUrl, "SELECT read::int, lost::int FROM tidemark.checkpoints");
  expect(ledger).toEqual({ read: 900, lost: 100 });
});
