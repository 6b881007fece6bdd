import { integer, pgSchema, bigint, doublePrecision, text, timestamp } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { definePipeline, runPipeline, type PipelineEvent } from "../src/index.js";
import { definition, orders } from "./orders.js";
import { query, send, startServers, type Message, type TestServers } from "./servers.js";
import { migrate } from "@tidemark/sinks";

let servers: TestServers;
let databaseUrl: string;
beforeAll(async () => {
  servers = await startServers();
});
beforeEach(async () => {
  databaseUrl = await servers.createDatabase();
});
afterAll(() => servers.close());

function order(number: number, seconds: number, shop = "Aarhus"): Message {
  const placedAt = new Date(Date.parse("2024-03-01T10:00:00Z") + seconds * 1000).toISOString();
  const value = { orderNo: `A-${number}`, shop, cents: 100, items: 1, discount: null, placedAt };
  return { value: JSON.stringify(value), partition: 0 };
}

async function run(pipeline: typeof orders, topic: string, onEvent: (event: PipelineEvent) => void = () => {}) {
  const running = runPipeline(pipeline, { brokers: [servers.broker.address], databaseUrl, topic, onEvent });
  const { ledger } = await running.caughtUp();
  await running.stop();
  return ledger;
}

const counted = () => query(databaseUrl, "SELECT shop, orders::int FROM shop.orders_1m ORDER BY shop");

describe("rows that a constraint refuses", () => {
  it("stop nothing: they are stored with Postgres's reason, and no window counts them", async () => {
    await migrate(orders, databaseUrl);
    await query(databaseUrl, "ALTER TABLE shop.orders ADD CONSTRAINT known_shop CHECK (shop <> 'Nowhere')");
    const topic = "refused";
    await send(servers.broker, topic, [
      order(1, 1),
      order(2, 2, "Nowhere"),
      order(3, 3),
      // Its watermark moves nothing: the next order would be late otherwise.
      order(4, 100_000, "Nowhere"),
      order(5, 4),
      order(2, 5),
    ]);
    const events: PipelineEvent[] = [];
    const ledger = await run(orders, topic, (event) => events.push(event));
    expect(ledger).toMatchObject({ read: 6, counted: 4, refused: 2, rejected: 0, late: 0, duplicate: 0 });
    expect(await counted()).toEqual([{ shop: "Aarhus", orders: 4 }]);
    const rejected = await query(
      databaseUrl,
      `SELECT "offset"::int, reason, expected FROM shop.orders_rejected ORDER BY 1`,
    );
    expect(rejected).toEqual([
      { offset: 1, reason: "refused", expected: expect.stringContaining("known_shop") },
      { offset: 3, reason: "refused", expected: expect.stringContaining("known_shop") },
    ]);
    expect(await query(databaseUrl, "SELECT refused::int, counted::int FROM tidemark.checkpoints")).toEqual([
      { refused: 2, counted: 4 },
    ]);
    expect(
      await query(
        databaseUrl,
        "SELECT verdict, sum(records)::int AS records FROM shop.orders_verdicts_1m GROUP BY 1 ORDER BY 1",
      ),
    ).toEqual([
      { verdict: "counted", records: 4 },
      { verdict: "refused", records: 2 },
    ]);
    expect(events.filter(({ type }) => type === "rows-refused")).toMatchObject([
      { rows: [{ offset: 1 }, { offset: 3 }] },
    ]);
    // The ledger goes on after a restart.
    await send(servers.broker, topic, [order(6, 6), order(7, 7, "Nowhere")]);
    expect(await run(orders, topic)).toMatchObject({ read: 8, counted: 5, refused: 3 });
  });

  it("count as duplicates of a unique key where the definition says so", async () => {
    const own = pgSchema("shop").table("orders", {
      orderNo: text("order_no").primaryKey(),
      shop: text("shop").notNull(),
      cents: integer("cents").notNull(),
      items: integer("items").notNull(),
      discount: doublePrecision("discount"),
      placedAt: timestamp("placed_at", { withTimezone: true }).notNull(),
      cents_per_item: doublePrecision("cents_per_item"),
      topic: text("topic").notNull(),
      partition: integer("partition").notNull(),
      offset: bigint("offset", { mode: "number" }).notNull(),
    });
    const unique = definePipeline({ ...definition, tables: { schema: "shop", raw: own, onConflict: "duplicate" } });
    await query(
      databaseUrl,
      `CREATE SCHEMA shop;
       CREATE TABLE shop.orders (order_no text PRIMARY KEY, shop text NOT NULL, cents integer NOT NULL, items integer NOT NULL,
         discount double precision, placed_at timestamptz NOT NULL, cents_per_item double precision,
         topic text NOT NULL, partition integer NOT NULL, "offset" bigint NOT NULL)`,
    );
    const topic = "unique";
    // The window of the first has closed when its copy comes, so that only the table remembers it.
    await send(servers.broker, topic, [order(1, 1), order(2, 600), order(1, 590), order(3, 601)]);
    expect(await run(unique as unknown as typeof orders, topic)).toMatchObject({
      read: 4,
      counted: 3,
      duplicate: 1,
      refused: 0,
    });
    expect(await query(databaseUrl, "SELECT order_no FROM shop.orders ORDER BY 1")).toHaveLength(3);
    expect(await query(databaseUrl, "SELECT sum(orders)::int AS orders FROM shop.orders_1m")).toEqual([{ orders: 3 }]);
  });
});
