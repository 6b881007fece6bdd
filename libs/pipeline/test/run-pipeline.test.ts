import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { definePipeline, runPipeline, type PipelineEvent } from "../src/index.js";
import { definition, orders } from "./orders.js";
import { query, send, startServers, type Message, type TestServers } from "./servers.js";

let servers: TestServers;
let databaseUrl: string;
beforeAll(async () => {
  servers = await startServers();
});
beforeEach(async () => {
  databaseUrl = await servers.createDatabase();
});
afterAll(() => servers.close());

const base = { discount: null, items: 2 };
const start = Date.parse("2024-03-01T10:00:00Z");

function order(number: number, seconds: number, changes: object = {}): Message {
  const placedAt = new Date(start + seconds * 1000).toISOString();
  const value = { ...base, orderNo: `A-${number}`, shop: number % 2 === 0 ? "Aarhus" : "Bergen", cents: 100 * number };
  return { value: JSON.stringify({ ...value, placedAt, ...changes }), partition: 0 };
}

const place = (topic: string) => ({ brokers: [servers.broker.address], databaseUrl, topic });

describe("runPipeline", () => {
  it("makes the tables, and puts counted, late, duplicate and rejected records where they belong", async () => {
    const topic = "places";
    const messages = [
      order(1, 5),
      order(2, 30.25, { discount: 1.5 }),
      order(2, 30.25, { discount: 1.5 }),
      order(3, 240),
      order(4, 10),
      order(5, 100, { cents: "12.00" }),
      { value: "{", partition: 0 },
    ];
    await send(servers.broker, topic, messages);
    const run = runPipeline(orders, place(topic));
    const { ledger, lag } = await run.caughtUp();
    expect(await run.stop()).toEqual({ abandoned: [] });
    expect(ledger).toMatchObject({ read: 7, counted: 3, duplicate: 1, late: 1, rejected: 2, refused: 0 });
    expect(lag).toBe(0);
    expect(await query(databaseUrl, "SELECT order_no, cents_per_item FROM shop.orders ORDER BY 1")).toEqual([
      { order_no: "A-1", cents_per_item: 50 },
      { order_no: "A-2", cents_per_item: 100 },
      { order_no: "A-3", cents_per_item: 150 },
    ]);
    expect(await query(databaseUrl, "SELECT order_no, missed_by_ms::int FROM shop.orders_late")).toEqual([
      { order_no: "A-4", missed_by_ms: 60_000 },
    ]);
    expect(await query(databaseUrl, 'SELECT reason, field FROM shop.orders_rejected ORDER BY "offset"')).toEqual([
      { reason: "wrong-type", field: "cents" },
      { reason: "not-json", field: null },
    ]);
    expect(
      await query(
        databaseUrl,
        `SELECT shop, orders::int, cents::int, cents_mean_sum::int, cents_mean_count::int, cents_min::int, discount
         FROM shop.orders_1m ORDER BY window_start, shop`,
      ),
    ).toEqual([
      {
        shop: "Aarhus",
        orders: 1,
        cents: 200,
        cents_mean_sum: 200,
        cents_mean_count: 1,
        cents_min: 200,
        discount: 1.5,
      },
      { shop: "Bergen", orders: 1, cents: 100, cents_mean_sum: 100, cents_mean_count: 1, cents_min: 100, discount: 0 },
      { shop: "Bergen", orders: 1, cents: 300, cents_mean_sum: 300, cents_mean_count: 1, cents_min: 300, discount: 0 },
    ]);
  });

  it("goes on with open windows, ids and the least and greatest of a window that a run before it left", async () => {
    const topic = "continued";
    const runOnce = async () => {
      const run = runPipeline(orders, place(topic));
      await run.caughtUp();
      await run.stop();
    };
    await send(servers.broker, topic, [order(2, 1), order(4, 2)]);
    await runOnce();
    await send(servers.broker, topic, [order(4, 2), order(6, 3), order(1, 4)]);
    await runOnce();
    expect(
      await query(
        databaseUrl,
        "SELECT shop, orders::int, cents::int, cents_min::int, cents_max::int FROM shop.orders_1m ORDER BY shop",
      ),
    ).toEqual([
      { shop: "Aarhus", orders: 3, cents: 1_200, cents_min: 200, cents_max: 600 },
      { shop: "Bergen", orders: 1, cents: 100, cents_min: 100, cents_max: 100 },
    ]);
    expect(await query(databaseUrl, "SELECT counted::int, duplicate::int FROM tidemark.checkpoints")).toEqual([
      { counted: 4, duplicate: 1 },
    ]);
  });

  it("runs several pipelines of one topic in one database and one process", async () => {
    const topic = "shared";
    await send(servers.broker, topic, [order(1, 1), order(2, 2)]);
    const [rollup] = definition.rollups;
    const other = definePipeline({
      ...definition,
      name: "sales",
      rollups: [{ ...rollup, name: "sales_1m", keys: [] }],
      tables: { schema: "sales" },
    });
    const runs = [runPipeline(orders, place(topic)), runPipeline(other, place(topic))];
    await Promise.all(runs.map((run) => run.caughtUp()));
    await Promise.all(runs.map((run) => run.stop()));
    expect(await query(databaseUrl, "SELECT orders::int FROM shop.orders_1m ORDER BY shop")).toEqual([
      { orders: 1 },
      { orders: 1 },
    ]);
    expect(await query(databaseUrl, "SELECT orders::int FROM sales.sales_1m")).toEqual([{ orders: 2 }]);
    expect(await query(databaseUrl, "SELECT pipeline FROM tidemark.checkpoints ORDER BY 1")).toEqual([
      { pipeline: "orders" },
      { pipeline: "sales" },
    ]);
  });

  it("tells what happens in one stream of typed events, and a listener that has unsubscribed no more", async () => {
    const topic = "events";
    await send(servers.broker, topic, [order(1, 1)]);
    const types: PipelineEvent["type"][] = [];
    const heard: PipelineEvent[] = [];
    const run = runPipeline(orders, { ...place(topic), onEvent: ({ type }) => types.push(type) });
    run.subscribe((event) => heard.push(event))();
    await run.caughtUp();
    await run.stop();
    const own = types.filter((type) => ["assigned", "claimed", "processed", "committed"].includes(type));
    expect(own).toEqual(["assigned", "claimed", "processed", "committed"]);
    expect(heard).toEqual([]);
  });

  it("rejects everything that waits for it where going on cannot help", async () => {
    const topic = "refused";
    await send(servers.broker, topic, [order(1, 1)]);
    const first = runPipeline(orders, place(topic));
    await first.caughtUp();
    await first.stop();
    const changed = definePipeline({ ...definition, watermark: { delay: "9m" } });
    const run = runPipeline(changed, place(topic));
    const refused = {
      code: "refused-definition",
      message: expect.stringContaining("(watermark.delay: stored 2m, given 9m)"),
    };
    await expect(run.caughtUp()).rejects.toMatchObject(refused);
    await expect(run.done).rejects.toMatchObject(refused);
    await expect(run.stop()).rejects.toMatchObject(refused);
  });

  it("is stopped by its signal, and then has not caught up", async () => {
    const stop = new AbortController();
    const run = runPipeline(orders, { ...place("never-made"), signal: stop.signal });
    const waiting = run.caughtUp();
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: "stopped" });
    await expect(Promise.race([run.done, sleep(20_000, "late")])).resolves.toEqual({ abandoned: [] });
  });

  it("refuses wrong options at once, by name", () => {
    const refusal = (options: object) => () => runPipeline(orders, { ...place("options"), ...options });
    expect(refusal({ brokers: [] })).toThrow("brokers is []");
    expect(refusal({ brokers: ["localhost"] })).toThrow("host:port");
    expect(refusal({ topic: "a b" })).toThrow('topic is "a b"');
    expect(refusal({ group: "" })).toThrow('group is ""');
    expect(refusal({ retentionDays: 0.5 })).toThrow("retentionDays is 0.5");
    expect(refusal({ stopTimeoutMs: -1 })).toThrow("stopTimeoutMs is -1");
    expect(refusal({ onLost: "ignore" })).toThrow('onLost is "ignore"');
  });
});
