import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startProxy } from "@tidemark/testkit";
import { definePipeline, runPipeline, type Pipeline, type PipelineEvent } from "../src/index.js";
import { definition } from "./orders.js";
import { query, send, startServers, type Message, type TestServers } from "./servers.js";

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const dayMs = 86_400_000;
const firstMs = Date.parse("2012-01-01T12:00:00Z");

const daysOfYear = 366;

/** Nothing is late that is less than a year older than what came before. */
const history = definePipeline({ ...definition, watermark: { ...definition.watermark, delay: "366d" } });

const orderOf = (at: number, day: number, partition = 0): Message => ({
  partition,
  value: JSON.stringify({
    orderNo: `A-${at}`,
    shop: "Aarhus",
    cents: 1,
    items: 1,
    discount: null,
    placedAt: new Date(firstMs + day * dayMs + (at % 1_000)).toISOString(),
  }),
});

/** The pipeline, to the end of the topic: what happened, and its ledger. */
async function runToEnd(pipeline: Pipeline, topic: string, databaseUrl: string) {
  const events: PipelineEvent[] = [];
  const run = runPipeline(pipeline, {
    brokers: [servers.broker.address],
    databaseUrl,
    topic,
    onEvent: (event) => events.push(event),
  });
  const { ledger } = await run.caughtUp();
  await run.stop();
  return { events, ledger };
}

/** Every value from 0 to below `many` once, in an order that jumps about. 7919 is a prime. */
const shuffled = (many: number) => Array.from({ length: many }, (_, at) => (at * 7_919) % many);

/** Postgres takes several minutes for twelve years: each partition that is made costs more than the one before. */
const years = Number(process.env["TIDEMARK_BACKFILL_YEARS"] ?? 2);

describe("a backfill of years of daily figures", { timeout: 900_000 }, () => {
  it("is written in checkpoints of few days each, in shuffled order, several rows a day, from several partitions at once", async () => {
    const partitions = 3;
    const days = years * daysOfYear;
    const databaseUrl = await servers.createDatabase();
    const messages = Array.from({ length: partitions }, (_, partition) =>
      Array.from({ length: years }, (_year, year) =>
        shuffled(2 * daysOfYear).map((at) => {
          const number = (year * 2 * daysOfYear + at) * partitions + partition;
          return orderOf(number, year * daysOfYear + (at % daysOfYear), partition);
        }),
      ).flat(),
    ).flat();
    await send(servers.broker, "history", messages, partitions);
    const { events, ledger } = await runToEnd(history, "history", databaseUrl);
    expect(ledger).toMatchObject({ read: messages.length, counted: messages.length });
    const rows = `SELECT count(*)::int AS rows, count(DISTINCT placed_at::date)::int AS days FROM shop.orders`;
    expect(await query(databaseUrl, rows)).toEqual([{ rows: messages.length, days }]);
    // Windows of several partitions may have been merged into one row.
    const written = `SELECT sum(orders)::int AS orders, count(DISTINCT window_start)::int AS windows FROM shop.orders_1h`;
    expect(await query(databaseUrl, written)).toEqual([{ orders: messages.length, windows: days }]);
    const committed = events.filter((event) => event.type === "committed");
    expect(Math.max(...committed.map(({ records }) => records))).toBeLessThanOrEqual(350);
  });
});

describe("a backlog that Postgres is slow to take", { timeout: 300_000 }, () => {
  it("is written in smaller checkpoints where the statements of a large one take longer than they may", async () => {
    const databaseUrl = await servers.createDatabase();
    await send(servers.broker, "first", [orderOf(0, 0)]);
    await runToEnd(history, "first", databaseUrl);
    await query(
      databaseUrl,
      `CREATE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.005); RETURN NEW; END';
       CREATE TRIGGER work BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION work()`,
    );
    const messages = Array.from({ length: 3_000 }, (_, at) => orderOf(at, 0));
    await send(servers.broker, "slow", messages);
    const { events, ledger } = await runToEnd(history, "slow", databaseUrl);
    expect(ledger).toMatchObject({ read: 3_000, counted: 3_000 });
    const divided = events.filter((event) => event.type === "checkpoint-divided");
    expect(divided.length).toBeGreaterThan(0);
    // Nothing is sent again as it was.
    const afterwards = events.slice(events.indexOf(divided[0] as PipelineEvent) + 1);
    const tries = afterwards.filter((event) => event.type === "writing");
    expect(Math.max(...tries.map(({ records }) => records))).toBeLessThanOrEqual((divided[0]?.records ?? 0) / 2);
  });

  it("advances on a slow link, and says that Postgres answers", async () => {
    const databaseUrl = await servers.createDatabase();
    await send(servers.broker, "before", [orderOf(0, 0)]);
    await runToEnd(history, "before", databaseUrl);
    const proxy = await startProxy(Number(new URL(databaseUrl).port));
    try {
      proxy.trickle(50_000);
      const messages = Array.from({ length: 10_000 }, (_, at) => orderOf(at, 0));
      await send(servers.broker, "narrow", messages);
      const { events, ledger } = await runToEnd(history, "narrow", proxy.through(databaseUrl));
      expect(ledger).toMatchObject({ read: 10_000, counted: 10_000 });
      expect(events.filter(({ type }) => type === "checkpoint-divided").length).toBeGreaterThan(0);
      expect(events.filter(({ type }) => type === "postgres-unavailable")).toEqual([]);
    } finally {
      await proxy.close();
    }
  });
});
