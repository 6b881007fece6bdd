import postgres from "postgres";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { look, type EventClient } from "./event-client.js";
import { onlyCommits, startUnderTest, type LiveUnderTest } from "./live-under-test.js";
import { openPartition, type PartitionWriter } from "./partition-writer.js";
import { query, startServers, type TestServers } from "./servers.js";

let servers: TestServers;
let open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());
afterEach(async () => {
  for (const one of open.toReversed()) await one.close();
  open = [];
});

const atMs = Date.now() - 60_000;
const figures = (usage: number) => ({ city: "Bogor", platform: "X", atMs, usage });

interface Place {
  readonly databaseUrl: string;
  readonly live: LiveUnderTest;
  readonly writer: PartitionWriter;
}

/** A database with some rows, and a server that reads them after commits alone. */
async function prepare(surroundings: Parameters<typeof startUnderTest>[1] = {}): Promise<Place> {
  const databaseUrl = await servers.createDatabase();
  const writer = await openPartition(databaseUrl);
  await writer.commit(figures(1));
  const live = await startUnderTest(databaseUrl, { rhythms: onlyCommits, ...surroundings });
  open.push(writer, live);
  return { databaseUrl, live, writer };
}

const hasUsage = (usage: number) => (seen: EventClient["seen"]) => seen.rows["total-usage"]?.[0]?.["usage"] === usage;

/** How often each statement ran that reads what panels show, by its text. The questions for the state come by the clock. */
async function countStatements(databaseUrl: string): Promise<Record<string, number>> {
  const rows = await query(
    databaseUrl,
    `SELECT query, sum(calls)::int AS calls FROM pg_stat_statements
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (query ILIKE '%begin%' OR query LIKE '%socmed_%') AND query NOT LIKE '%pg_stat%' AND query NOT LIKE '%to_regclass%'
      AND query NOT ILIKE '%insert%' AND query NOT LIKE '%tidemark.%'
    GROUP BY query`,
  );
  return Object.fromEntries(rows.map(({ query: text, calls }) => [String(text), Number(calls)]));
}

/** What so many viewers cost while three checkpoints are committed, and all have seen each. */
async function costOf(viewers: number): Promise<Record<string, number>> {
  const { databaseUrl, live, writer } = await prepare();
  await query(databaseUrl, "CREATE EXTENSION pg_stat_statements");
  const clients = await Promise.all(Array.from({ length: viewers }, () => look(live.url, "range=1h&city=Bogor")));
  await Promise.all(clients.map((client) => client.until(hasUsage(1))));
  await query(databaseUrl, "SELECT pg_stat_statements_reset()");
  for (const usage of [2, 3, 4]) {
    await writer.commit(figures(usage));
    await Promise.all(clients.map((client) => client.until(hasUsage(usage))));
  }
  return countStatements(databaseUrl);
}

it("200 viewers of the same cost Postgres the statements that one does", async () => {
  const [ofOne, ofMany] = [await costOf(1), await costOf(200)];
  expect(Object.keys(ofOne).length).toBeGreaterThan(8);
  expect(new Set(Object.values(ofOne))).toEqual(new Set([3]));
  expect(ofMany).toEqual(ofOne);
}, 120_000);

type Count = (databaseUrl: string) => Promise<{ readonly transactions: number; readonly connections: number }>;

/** What Postgres has counted of a database, asked from another one. */
function openCounter(databaseUrl: string): Count {
  const sql = postgres(new URL("/postgres", databaseUrl).href, { max: 1 });
  open.push({ close: () => sql.end() });
  return async (of) => {
    const name = new URL(of).pathname.slice(1);
    const [row] = await sql`
      SELECT xact_commit::int + xact_rollback::int AS transactions,
        (SELECT count(*)::int FROM pg_stat_activity WHERE datname = ${name}) AS connections
      FROM pg_stat_database WHERE datname = ${name}`;
    return { transactions: Number(row?.["transactions"]), connections: Number(row?.["connections"]) };
  };
}

it("nobody looking costs Postgres nothing, not even a connection", async () => {
  const [quiet, watched] = [await prepare(), await prepare()];
  const count = openCounter(quiet.databaseUrl);
  await quiet.writer.close();
  const clients = await Promise.all([quiet, watched].map(({ live }) => look(live.url, "range=1h")));
  await Promise.all(clients.map((client) => client.until(hasUsage(1))));
  clients[0]?.leave();
  await vi.waitUntil(async () => (await count(quiet.databaseUrl)).connections === 0, 30_000);
  const before = await count(quiet.databaseUrl);
  // Who looks elsewhere makes the ticks that this is measured by.
  const { transactions } = await count(watched.databaseUrl);
  for (let checks = 0, ticks = 0; checks < 300 || ticks < 100; checks += 1) {
    expect(await count(quiet.databaseUrl)).toEqual(before);
    ticks = (await count(watched.databaseUrl)).transactions - transactions;
  }
  // And it goes on when somebody comes back.
  const back = await look(quiet.live.url, "range=1h");
  await back.until(hasUsage(1));
  expect((await count(quiet.databaseUrl)).connections).toBe(1);
}, 60_000);

it("different choices share one connection, and each gets its own rows", async () => {
  const { databaseUrl, live, writer } = await prepare();
  await writer.commit(figures(1), { ...figures(2), city: "Depok" }, { ...figures(3), platform: "TikTok" });
  const choices = ["city=Bogor&platform=X", "city=Depok", "city=Bogor&city=Depok", "tab=pipeline-health", "city="];
  const clients = await Promise.all(choices.map((choice) => look(live.url, `range=1h&${choice}`)));
  const seen = await Promise.all(clients.map((client) => client.until(({ panels }) => panels !== undefined)));
  expect(seen.map(({ rows }) => rows["total-usage"]?.[0]?.["usage"])).toEqual([1, 2, 6, undefined, undefined]);
  // One of them is the writer's.
  expect((await openCounter(databaseUrl)(databaseUrl)).connections).toBe(2);
});

it("refuses a choice too many with 503 and a sentence, and takes it as soon as another has been left", async () => {
  const { live } = await prepare({ limits: { choices: 1 } });
  // Who asks for the headers alone doesn't look.
  expect((await fetch(`${live.url}/api/events?range=24h`, { method: "HEAD" })).status).toBe(200);
  const [first, same] = [
    await look(live.url, "range=1h&city=Bogor"),
    await look(live.url, "city=Bogor&range=1h&city=Bogor"),
  ];
  await Promise.all([first, same].map((client) => client.until(hasUsage(1))));
  await expect(look(live.url, "range=1h")).rejects.toThrow('503: {"error":"Too many look at too many things');
  first.leave();
  await expect(look(live.url, "range=1h")).rejects.toThrow("503");
  same.leave();
  const other = await vi.waitFor(() => look(live.url, "range=1h"), 10_000);
  await other.until(hasUsage(1));
});

it("refuses a viewer too many with 503", async () => {
  const { live } = await prepare({ limits: { viewers: 2 } });
  const [first] = await Promise.all([look(live.url, "range=1h"), look(live.url, "range=5m")]);
  await expect(look(live.url, "range=1h")).rejects.toThrow("503");
  first?.leave();
  await vi.waitFor(() => look(live.url, "range=1h"), 10_000);
});
