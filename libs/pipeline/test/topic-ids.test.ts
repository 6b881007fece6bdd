import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { definePipeline, runPipeline, withIdScope, type PipelineEvent } from "../src/index.js";
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

const pipeline = withIdScope(orders, "topic");
const longId = "x".repeat(40);

function order(id: number | string, seconds: number, partition: number): Message {
  const placedAt = new Date(Date.parse("2024-03-01T10:00:00Z") + seconds * 1000).toISOString();
  const value = { orderNo: String(id), shop: "Aarhus", cents: 100, items: 1, discount: null, placedAt };
  return { value: JSON.stringify(value), partition };
}

const options = (topic: string) => ({ brokers: [servers.broker.address], databaseUrl, topic });

async function run(topic: string, onEvent: (event: PipelineEvent) => void = () => {}) {
  const running = runPipeline(pipeline, { ...options(topic), onEvent });
  const { ledger } = await running.caughtUp();
  await running.stop();
  return ledger;
}

async function addPartitions(topic: string, count: number): Promise<void> {
  const admin = new Kafka({ brokers: [servers.broker.address], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count }] });
  await admin.disconnect();
}

const counted = () => query(databaseUrl, `SELECT order_no FROM shop.orders ORDER BY placed_at, "order_no"`);
const copies = () => query(databaseUrl, `SELECT partition, "offset"::int, id FROM shop.orders_copies ORDER BY 1, 2`);
const ordersOf = async (rollup: string) =>
  (await query(databaseUrl, `SELECT sum(orders)::int AS orders FROM shop.${rollup}`))[0]?.["orders"];

describe("ids that are unique over all partitions of a topic", () => {
  it("count an event once that two partitions hold, in rows, windows and outcomes", async () => {
    const topic = "copied";
    await send(
      servers.broker,
      topic,
      [
        order("a", 1, 0),
        order("b", 2, 0),
        order("b", 2, 1),
        order("c", 61, 1),
        order(longId, 62, 0),
        order(longId, 62, 1),
      ],
      2,
    );
    expect(await run(topic)).toMatchObject({ read: 6, counted: 4, duplicate: 2, late: 0 });
    expect(await counted()).toEqual(["a", "b", "c", longId].map((id) => ({ order_no: id })));
    expect(await copies()).toHaveLength(2);
    expect([await ordersOf("orders_1m"), await ordersOf("orders_1h")]).toEqual([4, 4]);
    expect(
      await query(
        databaseUrl,
        "SELECT verdict, sum(records)::int AS n FROM shop.orders_verdicts_1m GROUP BY 1 ORDER BY 1",
      ),
    ).toEqual([
      { verdict: "counted", n: 4 },
      { verdict: "duplicate", n: 2 },
    ]);
    // A second run knows them still, and so does a copy that comes then.
    await send(servers.broker, topic, [order("a", 1, 1), order("d", 63, 0)], 2);
    expect(await run(topic)).toMatchObject({ read: 8, counted: 5, duplicate: 3 });
  });

  it("count each once where partitions bring the same at the same moment, again and again", async () => {
    const topic = "at-once";
    const events: PipelineEvent[] = [];
    await send(servers.broker, topic, [order("first", 0, 0)], 4);
    const running = runPipeline(pipeline, { ...options(topic), onEvent: (event) => events.push(event) });
    for (let round = 0; round < 10; round += 1) {
      const numbers = Array.from({ length: 100 }, (_, at) => round * 100 + at);
      const messages = [0, 1, 2, 3].flatMap((partition) =>
        (partition % 2 === 0 ? numbers : numbers.toReversed()).map((id) => order(id, round, partition)),
      );
      await send(servers.broker, topic, messages, 4);
    }
    const { ledger } = await running.caughtUp();
    await running.stop();
    expect(ledger).toMatchObject({ read: 4_001, counted: 1_001, duplicate: 3_000 });
    expect(new Set((await counted()).map((row) => row["order_no"])).size).toBe(1_001);
    expect(await counted()).toHaveLength(1_001);
    expect(await ordersOf("orders_1m")).toBe(1_001);
    expect(await copies()).toHaveLength(3_000);
    expect(events.filter(({ type }) => type === "crashed")).toEqual([]);
  });

  it("are judged by the partition's own watermark, as in one partition, and its duplicates move that", async () => {
    const topic = "by-watermark";
    await send(servers.broker, topic, [order("a", 10, 0)], 2);
    await run(topic);
    await send(
      servers.broker,
      topic,
      [
        // A retry of the producer's with another time, in another minute.
        order("a", 70, 1),
        // The duplicate moves the watermark to 11:00 less two minutes, and this is late then.
        order("a", 3_600, 1),
        order("late", 10, 1),
        // The id is free by then.
        order("a", 3_600, 1),
      ],
      2,
    );
    expect(await run(topic)).toMatchObject({ read: 5, counted: 2, duplicate: 2, late: 1 });
    expect(await copies()).toEqual([
      { partition: 1, offset: 0, id: "a" },
      { partition: 1, offset: 1, id: "a" },
    ]);
    // The slower partition finds the id taken until the later window closes.
    await send(servers.broker, topic, [order("a", 20, 0), order("b", 4_000, 0), order("a", 4_001, 0)], 2);
    expect(await run(topic)).toMatchObject({ read: 8, counted: 4, duplicate: 3, late: 1 });
  });

  it("are known to a partition that is added when they were forgotten", async () => {
    const topic = "more-partitions";
    await send(servers.broker, topic, [order("old", 1, 0), order("new", 90_000, 0)]);
    await run(topic);
    // As the sink does it, now and then.
    await query(
      databaseUrl,
      `INSERT INTO tidemark.forgotten_ids SELECT pipeline, topic, extract(epoch FROM watermark) * 1000 FROM tidemark.checkpoints
       ON CONFLICT (pipeline, topic) DO UPDATE SET until = excluded.until;
       DELETE FROM shop.orders_ids WHERE live_until <= (SELECT until FROM tidemark.forgotten_ids)`,
    );
    expect(await query(databaseUrl, "SELECT id, partition FROM shop.orders_ids ORDER BY 1")).toEqual([
      { id: "new", partition: 0 },
    ]);
    await addPartitions(topic, 2);
    await send(servers.broker, topic, [order("old", 1, 1), order("other", 2, 1), order("other", 3, 0)], 2);
    expect(await run(topic)).toMatchObject({ read: 5, counted: 3, duplicate: 1, late: 1 });
    expect(await copies()).toEqual([{ partition: 1, offset: 0, id: "old" }]);
  });

  it("take no part where the definition does not ask for them", async () => {
    const topic = "not-asked";
    await send(servers.broker, topic, [order("a", 1, 0), order("a", 1, 1)], 2);
    const running = runPipeline(orders, options(topic));
    expect((await running.caughtUp()).ledger).toMatchObject({ counted: 2, duplicate: 0 });
    await running.stop();
    expect(await query(databaseUrl, "SELECT to_regclass('shop.orders_ids')::text AS name")).toEqual([{ name: null }]);
    const other = runPipeline(pipeline, options(topic));
    await expect(other.done).rejects.toThrow(/idScope: stored partition, given topic/);
  });
});

describe("a definition with idScope", () => {
  it("is refused without an id, for another scope, and where the names are taken", () => {
    const { id: _, ...withoutId } = definition;
    expect(() => definePipeline({ ...withoutId, idScope: "topic" })).toThrow(/idScope/);
    expect(() => definePipeline({ ...definition, idScope: "cluster" as never })).toThrow(/idScope/);
    expect(() => definePipeline({ ...definition, idScope: "topic", tables: { late: "orders_ids" } })).toThrow(
      /orders_ids/,
    );
  });

  it("goes to and fro without a trace", () => {
    expect(withIdScope(pipeline, "partition").data).toEqual(orders.data);
    expect(definePipeline({ ...definition, idScope: "topic" }).data).toEqual(pipeline.data);
    expect(Object.keys(pipeline.tables.topicIds ?? {})).toEqual(["ids", "copies"]);
  });
});
