import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runPipeline } from "../src/index.js";
import { orders, type Order } from "./orders.js";
import { query, send, startServers, type Message, type TestServers } from "./servers.js";

const KILLS = 20;
const MESSAGES = 20_000;
const PARTITIONS = 3;
const DELAY_MS = 120_000;
const start = Date.parse("2024-03-01T10:00:00Z");

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

/** Numbers from 0 to 2^32 by a linear congruential generator, so that each run has the same messages. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Orders out of order, some twice, some late, some wrong. */
function makeMessages(): Message[] {
  const random = createRandom(3);
  return Array.from({ length: MESSAGES }, (_, index) => {
    const isLate = random(100) === 0;
    const seconds = Math.floor(index / 40) - random(100) - (isLate ? 400 : 0);
    const order: Order = {
      orderNo: `N-${index - (random(50) === 0 ? 1 + random(20) : 0)}`,
      shop: `shop ${random(5)}`,
      cents: random(10_000),
      items: random(4),
      discount: random(3) === 0 ? null : random(1_000) / 8,
      placedAt: new Date(start + seconds * 1000 + random(1000)).toISOString(),
    };
    const isWrong = random(200) === 0;
    return { value: isWrong ? "{" : JSON.stringify(order), partition: index % PARTITIONS };
  });
}

interface NaiveRow {
  readonly shop: string;
  readonly window_start: string;
  orders: number;
  cents: number;
  cents_min: number;
  cents_max: number;
  discount: number;
}

/** The outcomes and the windows by the text of the definition, without any code of the pipeline. */
function recompute(messages: readonly Message[]) {
  const outcomes = { counted: 0, duplicate: 0, late: 0, rejected: 0 };
  const rows = new Map<string, NaiveRow>();
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    let newestMs = -Infinity;
    const closesAt = new Map<string, number>();
    for (const { value } of messages.filter((message) => message.partition === partition)) {
      if (value === "{") {
        outcomes.rejected += 1;
        continue;
      }
      const order = JSON.parse(value) as Order;
      const timeMs = Date.parse(order.placedAt);
      const watermarkMs = newestMs - DELAY_MS;
      const windowMs = Math.floor(timeMs / 60_000) * 60_000;
      newestMs = Math.max(newestMs, timeMs);
      if (windowMs + 60_000 <= watermarkMs) outcomes.late += 1;
      else if ((closesAt.get(order.orderNo) ?? -Infinity) > watermarkMs) outcomes.duplicate += 1;
      else {
        outcomes.counted += 1;
        closesAt.set(order.orderNo, windowMs + 60_000);
        addTo(rows, partition, windowMs, order);
      }
    }
  }
  return { outcomes, rows: [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row) };
}

function addTo(rows: Map<string, NaiveRow>, partition: number, windowMs: number, order: Order): void {
  const key = `${partition} ${windowMs} ${order.shop}`;
  const window_start = new Date(windowMs).toISOString();
  const empty = { shop: order.shop, window_start, orders: 0, cents: 0, discount: 0 };
  const row = rows.get(key) ?? { ...empty, cents_min: Infinity, cents_max: -Infinity };
  rows.set(key, row);
  row.orders += 1;
  row.cents += order.cents;
  row.cents_min = Math.min(row.cents_min, order.cents);
  row.cents_max = Math.max(row.cents_max, order.cents);
  row.discount += order.discount ?? 0;
}

function startProcess(databaseUrl: string, topic: string): ChildProcess {
  return fork(
    fileURLToPath(new URL("orders-process.ts", import.meta.url)),
    [servers.broker.address, databaseUrl, topic],
    {
      execArgv: ["--conditions=@tidemark/source", "--import", "tsx"],
    },
  );
}

it("a pipeline that is killed twenty times leaves the tables that a naive recomputation gives", async () => {
  const topic = "killed";
  const databaseUrl = await servers.createDatabase();
  const messages = makeMessages();
  await send(servers.broker, topic, messages.slice(0, 100), PARTITIONS);
  const random = createRandom(4);
  const share = Math.ceil((MESSAGES - 100) / KILLS);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = startProcess(databaseUrl, topic);
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const after = random(3);
    let commits = 0;
    const struck = new Promise<void>((resolve) => {
      child.on("message", () => {
        commits += 1;
        if (commits > after) resolve();
      });
    });
    const from = 100 + kill * share;
    await send(servers.broker, topic, messages.slice(from, from + share), PARTITIONS);
    await Promise.race([struck, exited]);
    child.kill("SIGKILL");
    await exited;
  }
  const run = runPipeline(orders, { brokers: [servers.broker.address], databaseUrl, topic, sessionTimeoutMs: 1_000 });
  const { ledger } = await run.caughtUp();
  await run.stop();

  const naive = recompute(messages);
  expect(ledger).toMatchObject({ read: MESSAGES, ...naive.outcomes });
  for (const outcome of Object.values(naive.outcomes)) expect(outcome).toBeGreaterThan(50);
  const found = await query(
    databaseUrl,
    `SELECT shop, window_start, orders::int, cents::int, cents_min::int, cents_max::int, discount FROM shop.orders_1m
     ORDER BY (partition || ' ' || (extract(epoch FROM window_start) * 1000)::int8 || ' ' || shop) COLLATE "C"`,
  );
  const shown = found.map((row) => ({ ...row, window_start: (row["window_start"] as Date).toISOString() }));
  expect(shown).toEqual(naive.rows);
  const [{ raw } = {}] = await query(databaseUrl, "SELECT count(*)::int AS raw FROM shop.orders");
  expect(raw).toBe(naive.outcomes.counted);
}, 240_000);
