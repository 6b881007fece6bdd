import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWindowMerger } from "../src/window-merger.js";
import { runPipeline, type PipelineEvent } from "../src/index.js";
import { orders } from "./orders.js";
import { query, send, startServers, type Message, type TestServers } from "./servers.js";

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const partitions = 3;
const startMs = Date.parse("2024-02-03T17:00:00Z");
const patience = { timeout: 60_000, interval: 50 };

/** Orders of two shops, one in ten seconds, that go to the partitions in turn. */
const messages = (from: number, to: number): Message[] =>
  Array.from({ length: to - from }, (_, index) => {
    const number = from + index;
    const order = {
      orderNo: `o-${number}`,
      shop: number % 2 === 0 ? "Aarhus" : "Odense",
      cents: number * 7,
      items: (number % 3) + 1,
      discount: 1 / (number + 1),
      placedAt: new Date(startMs + number * 10_000).toISOString(),
    };
    return { value: JSON.stringify(order), partition: number % partitions };
  });

const run = (topic: string, databaseUrl: string) =>
  runPipeline(orders, { brokers: [servers.broker.address], databaseUrl, topic });
const merged = (databaseUrl: string) => query(databaseUrl, "SELECT FROM shop.orders_1m WHERE partition = -1");

describe("a running pipeline", () => {
  it("merges closed windows while it goes on, and those that are due when it stops by itself", async () => {
    const databaseUrl = await servers.createDatabase();
    const topic = "merging";
    await send(servers.broker, topic, messages(0, 120), partitions);
    const first = run(topic, databaseUrl);
    await first.caughtUp();
    await expect.poll(() => merged(databaseUrl), patience).not.toHaveLength(0);
    const before = await merged(databaseUrl);
    await send(servers.broker, topic, messages(120, 240), partitions);
    await first.caughtUp();
    await first.stop({ finish: true });
    expect((await merged(databaseUrl)).length).toBeGreaterThan(before.length);
    const [row] = await query(databaseUrl, "SELECT sum(orders)::int AS orders FROM shop.orders_1m_total");
    expect(row).toEqual({ orders: 240 });
    const several = await query(
      databaseUrl,
      `SELECT FROM shop.orders_1m r JOIN shop.orders_1m_total v USING (topic, window_start, shop) WHERE v.closed
       GROUP BY window_start, shop HAVING count(*) > 1`,
    );
    expect(several).toHaveLength(0);
  });
});

describe("a merger", () => {
  const committed = (partition: number, watermarkMs: number) =>
    ({ type: "committed", partition, checkpoint: { watermarkMs } }) as PipelineEvent;

  it("tells a refusal once, and merges when it can", async () => {
    const databaseUrl = await servers.createDatabase();
    const topic = "refused";
    await send(servers.broker, topic, messages(0, 120), partitions);
    const filling = run(topic, databaseUrl);
    await filling.caughtUp();
    await filling.stop();
    await query(databaseUrl, "ALTER TABLE tidemark.merged_windows RENAME TO elsewhere");
    const told: PipelineEvent[] = [];
    const merger = createWindowMerger({
      databaseUrl,
      pipeline: orders,
      topic,
      emit: (event) => told.push(event),
      signal: new AbortController().signal,
      everyMs: 20,
    });
    merger.on(committed(0, startMs));
    await expect.poll(() => told, patience).not.toHaveLength(0);
    await query(databaseUrl, "ALTER TABLE tidemark.elsewhere RENAME TO merged_windows");
    await expect.poll(() => merged(databaseUrl), patience).not.toHaveLength(0);
    await merger.stop({ finish: false });
    expect(told).toEqual([{ type: "windows-not-merged", reason: 'relation "tidemark.merged_windows" does not exist' }]);
  });

  it("does nothing where no watermark has moved, and is stopped while it rests", async () => {
    const told: PipelineEvent[] = [];
    const merger = createWindowMerger({
      databaseUrl: "postgresql://nobody@localhost:1/nothing",
      pipeline: orders,
      topic: "t",
      emit: (event) => told.push(event),
      signal: new AbortController().signal,
      everyMs: 3_600_000,
    });
    merger.on(committed(0, startMs));
    merger.on({ type: "prepared" });
    await Promise.race([
      merger.stop({ finish: false }),
      sleep(60_000, undefined, { ref: false }).then(() => expect.fail("it did not stop")),
    ]);
    expect(told).toEqual([]);
  });
});
