import { count, countNonNull, definePipeline, max, mean, min, runPipeline, sum, tumbling } from "@tidemark/pipeline";
import { decimal, int64 } from "@tidemark/schema";
import { migrate } from "@tidemark/sinks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { formatVerdict, verify, type Verdict } from "../src/index.js";
import { runInjected } from "./planted/injection.js";
import { ordersFaults } from "./planted/orders-faults.js";
import { createTopic, produce, query, startServers, type TestMessage, type TestServers } from "./servers.js";

const text = z.string().trim().min(1).max(40);

/** A field of each kind. */
const definition = {
  name: "orders",
  event: z.object({
    orderNo: text,
    shop: text,
    express: z.boolean(),
    mood: z.enum(["good", "bad"]),
    cents: z.int().min(0).max(1_000_000),
    items: z.int().min(0).max(100),
    weight: z.number().nullable(),
    price: decimal({ precision: 10, scale: 2 }),
    serial: int64(),
    day: z.iso.date().optional(),
    tags: z.array(text),
    more: z.any(),
    placedAt: z.iso.datetime({ offset: true }),
  }),
  id: "orderNo",
  time: { field: "placedAt", unit: "iso" },
  rates: [
    {
      name: "cents_per_item",
      title: "Cents per item",
      numerator: "cents",
      denominator: "items",
      scale: 1,
      unit: "cents",
    },
  ],
  watermark: { delay: "2m", allowedLateness: "30s", maxFutureSkew: "1m" },
  rollups: [
    {
      name: "orders_1m",
      window: tumbling("1m"),
      keys: ["shop", "express"],
      aggregates: {
        orders: count(),
        cents: sum("cents"),
        cents_mean: mean("cents"),
        cents_min: min("cents"),
        rate_max: max("cents_per_item"),
        rate_mean: mean("cents_per_item"),
        weight_min: min("weight"),
        weighed: countNonNull("weight"),
      },
    },
    {
      name: "orders_1h",
      window: tumbling("1h"),
      keys: [],
      aggregates: { orders: count(), rate: sum("cents_per_item") },
    },
  ],
  tables: { schema: "shop", partitionBy: "none" },
} as const;

const orders = definePipeline(definition);
const partitions = 3;
const arrival = Date.parse("2024-03-01T10:30:00Z");

function order(at: number, more: object = {}): TestMessage {
  const placedMs = Date.parse("2024-03-01T10:00:00Z") + at * 1_000;
  const event = {
    orderNo: `A-${at}`,
    shop: ["Aarhus", "Odense"][at % 2],
    express: at % 5 === 0,
    mood: at % 3 === 0 ? "good" : "bad",
    cents: (at * 37) % 500,
    items: at % 4,
    weight: at % 6 === 0 ? null : at / 7,
    price: `${at}.5`,
    serial: String(2n ** 62n + BigInt(at)),
    ...(at % 4 === 0 ? {} : { day: "2024-02-29" }),
    tags: [`t${at}`, 'a "b", {c}'],
    more: { at, deep: [1.5, null, "x"] },
    placedAt: new Date(placedMs).toISOString().replace("000Z", `${String(at % 1_000).padStart(3, "0")}789123+00:00`),
    ...more,
  };
  const value = Buffer.from(JSON.stringify(event));
  return { partition: at % partitions, key: null, value, timestampMs: arrival };
}

const messages = [
  ...Array.from({ length: 900 }, (_, at) => order(at)),
  // In their partitions late, a duplicate, from the future, and no events.
  order(0, { orderNo: "late" }),
  order(898),
  order(3, { placedAt: "2024-03-01T10:31:00.001Z", orderNo: "future" }),
  order(4, { mood: "fine" }),
  order(5, { price: "1.005" }),
  { ...order(6), value: null },
  // The first event closes the window of the second at this very watermark.
  order(901, { placedAt: "2024-03-01T10:15:30.000Z" }),
  order(904, { placedAt: "2024-03-01T10:12:59.000Z" }),
];
const endOffsets = new Map<number, number>();
for (const { partition } of messages) endOffsets.set(partition, (endOffsets.get(partition) ?? 0) + 1);

let servers: TestServers;
let databaseUrl: string;

beforeAll(async () => {
  servers = await startServers();
  databaseUrl = await servers.createDatabase();
  await createTopic(servers, "orders", partitions);
  await produce(servers, "orders", messages);
  await consume(orders, databaseUrl);
});

afterAll(() => servers.close());

async function consume(pipeline: typeof orders, url: string, topic = "orders"): Promise<void> {
  const run = runPipeline(pipeline, { brokers: servers.kafkaBrokers, databaseUrl: url, topic });
  await run.caughtUp();
  await run.stop();
}

const check = (url: string, topic = "orders"): Promise<Verdict> =>
  verify({ brokers: servers.kafkaBrokers, databaseUrl: url, topic, pipeline: orders });

const kindsOf = ({ counts }: Verdict) =>
  counts.map(({ table, column, what }) => `${table}${column === null ? "" : `.${column}`} ${what}`).toSorted();

describe("the tables of an orders pipeline", () => {
  it("are equal, column by column, with every kind of field and outcome", async () => {
    const verdict = await check(databaseUrl);
    expect(verdict.differences).toEqual([]);
    expect(verdict).toMatchObject({
      equal: true,
      pipeline: "orders",
      ledger: { read: 908, counted: 901, duplicate: 1, late: 2, quarantined: 1, rejected: 3, refused: 0 },
      compared: { orders: 901, orders_late: 2, orders_rejected: 4, orders_1h: 3, orders_1h_total: 1 },
      views: [],
      panels: {},
    });
    expect(formatVerdict(verdict, 80)).toContain("tables -> panels: the pipeline orders has no panels");
  });

  it.each(ordersFaults.map((fault) => [fault.name, fault] as const))(
    "differ where a running pipeline has %s, which is found and named",
    async (name, { injection, finds }) => {
      const { kafkaBrokers } = servers;
      const url = await servers.createDatabase();
      const group = `orders with ${name}`.replaceAll(" ", "-");
      await runInjected(orders, injection, {
        kafkaBrokers,
        databaseUrl: url,
        topic: "orders",
        group,
        ends: endOffsets,
      });
      const verdict = await check(url);
      expect(verdict.equal).toBe(false);
      expect(kindsOf(verdict)).toEqual(finds.toSorted());
    },
  );

  it("differ by a view of the database that says `closed` too early, which is found and named", async () => {
    const url = await servers.copyDatabase(databaseUrl);
    await query(
      url,
      `CREATE OR REPLACE VIEW shop.orders_1h_total AS
       SELECT topic, window_start, sum(orders)::int8 AS orders, sum(rate ORDER BY partition) AS rate, true AS closed
       FROM shop.orders_1h GROUP BY topic, window_start`,
    );
    expect(kindsOf(await check(url))).toEqual(["orders_1h_total.closed wrong-value"]);
  });
});

describe("rows that the database decides about", () => {
  it("are refused by a constraint, and touch nothing else", async () => {
    const url = await servers.createDatabase();
    await migrate(orders, url);
    await query(url, "ALTER TABLE shop.orders ADD CHECK (cents <> 37)");
    await consume(orders, url);
    const verdict = await check(url);
    expect(verdict.differences).toEqual([]);
    expect(verdict.ledger.refused).toBeGreaterThan(0);
    await query(url, "DELETE FROM shop.orders_rejected WHERE reason = 'refused'");
    expect((await check(url)).equal).toBe(false);
  });

  it("are duplicates by a unique key, whichever partition the first of them came from", async () => {
    const unique = definePipeline({ ...definition, tables: { ...definition.tables, onConflict: "duplicate" } });
    const url = await servers.createDatabase();
    await migrate(unique, url);
    await query(url, "CREATE UNIQUE INDEX ON shop.orders (order_no)");
    await createTopic(servers, "twice", partitions);
    const twice = [...messages.slice(0, 30), ...messages.slice(0, 9).map((one) => ({ ...one, partition: 2 }))];
    await produce(servers, "twice", twice);
    await consume(unique as unknown as typeof orders, url, "twice");
    const verdict = await check(url, "twice");
    expect(verdict.differences).toEqual([]);
    expect(verdict.ledger).toMatchObject({ counted: 30, duplicate: 9, refused: 0 });
    await query(url, "DELETE FROM shop.orders WHERE order_no = 'A-0'");
    expect(kindsOf(await check(url, "twice"))).toContain("orders missing-row");
  });
});
