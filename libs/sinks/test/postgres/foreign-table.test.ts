import { bigint, integer, pgSchema, pgTable, text, timestamp } from "drizzle-orm/pg-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import {
  applyRetention,
  createRoles,
  createSink,
  migrate,
  type Claim,
  type NewRows,
  type Sink,
  type SinkTables,
} from "../../src/index.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { identity } from "./partition-writer.js";

const shop = pgSchema("shop");
const orders = shop.table("orders", {
  number: text("order_no").primaryKey(),
  cents: integer("cents").notNull(),
  placedAt: timestamp("placed_at", { withTimezone: true }).notNull(),
});
const bare: SinkTables = { raw: { table: orders }, rollups: [] };
const refusals = pgTable("refusals", {
  partition: integer("partition").notNull(),
  at: bigint("at", { mode: "number" }).notNull(),
  watermark: timestamp("watermark", { withTimezone: true }).notNull(),
});

let server: TestServer;
let url: string;
let open: Sink[] = [];
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  url = await server.createDatabase();
  await server.query(
    url,
    `CREATE SCHEMA shop;
     CREATE TABLE shop.orders (placed_at timestamptz NOT NULL, order_no text PRIMARY KEY, cents int NOT NULL, note text);
     CREATE TABLE refusals (partition int NOT NULL, at bigint NOT NULL, watermark timestamptz NOT NULL)`,
  );
  await migrate(pipelineOf(bare), url);
});
afterEach(async () => {
  await Promise.all(open.map((sink) => sink.close()));
  open = [];
});

const pipelineOf = (tables: SinkTables) => ({ data: { name: "lone", allowedLatenessMs: 0 }, tables });

function sinkOf(tables: SinkTables, databaseUrl = url): Sink {
  const sink = createSink({ ...identity, databaseUrl, pipeline: pipelineOf(tables) });
  open.push(sink);
  return sink;
}

const day = (number: number) => Date.UTC(2024, 1, number, 12);
const order = (number: number) => ({ number: `A-${number}`, cents: 100 * number, placedAt: day(number) });

/** A partition's first checkpoint. */
async function commitFirst(sink: Sink, claim: Claim, rows: Required<NewRows>["rows"], others: Partial<NewRows> = {}) {
  const buffer = sink.openBuffer(claim.partition);
  buffer.add({ rows, ...others });
  const counts = { counted: rows.length, late: others.late?.length ?? 0, rejected: others.rejected?.length ?? 0 };
  const nextOffset = counts.counted + counts.late + counts.rejected;
  const ledger = { ...claim.ledger, ...counts, read: nextOffset };
  const timeMs = day(rows.length);
  await sink.commit(claim, 0, { nextOffset, watermarkMs: timeMs, maxEventTimeMs: timeMs, ledger, changed: [] }, buffer);
}

const numbers = async () =>
  (await server.query(url, "SELECT order_no FROM shop.orders ORDER BY 1")).map((row) => row["order_no"]);

it("a table alone is enough: no id, no time, no rollups, no late or rejected rows", async () => {
  const sink = sinkOf(bare);
  const claim = await sink.claim(0, 0);
  await commitFirst(sink, claim, [order(1), order(2)]);
  await expect(commitFirst(sink, claim, [order(1), order(2)])).rejects.toMatchObject({ code: "fenced" });
  expect(await numbers()).toEqual(["A-1", "A-2"]);
  expect(await sinkOf(bare).claim(0, 0)).toMatchObject({ epoch: 2, nextOffset: 2, ids: [], windows: [] });
});

it.each(["late", "rejected"])(
  "%s rows without a table for them are a mistake, and nothing is written",
  async (name) => {
    const sink = sinkOf(bare);
    const claim = await sink.claim(0, 0);
    await expect(commitFirst(sink, claim, [order(1)], { [name]: [order(2)] })).rejects.toThrow("doesn't write");
    expect(await numbers()).toEqual([]);
  },
);

it("a row that its key refuses takes the whole checkpoint with it", async () => {
  const sink = sinkOf(bare);
  const claim = await sink.claim(0, 0);
  await expect(commitFirst(sink, claim, [order(1), order(1)])).rejects.toMatchObject({ code: "23505" });
  await commitFirst(sink, claim, [order(1), order(2)]);
  expect(await numbers()).toEqual(["A-1", "A-2"]);
});

it("retention drops rows by their time, where there is one, and refusals by their watermark", async () => {
  const timed: SinkTables = {
    raw: { table: orders, time: "placedAt", timeUnit: "ms" },
    rejected: refusals,
    rollups: [],
  };
  const sink = sinkOf(timed);
  const rejected = [1, 2, 3].map((number) => ({ at: number, watermark: day(number) }));
  await commitFirst(sink, await sink.claim(0, 0), [order(1), order(2), order(3)], { rejected });
  expect(await applyRetention({ databaseUrl: url, pipeline: pipelineOf(bare), days: 1 })).toEqual({
    dropped: [],
    isDone: true,
  });
  const { dropped } = await applyRetention({ databaseUrl: url, pipeline: pipelineOf(timed), days: 1 });
  expect(dropped).toMatchObject([
    { table: "orders", rows: 1 },
    { table: "refusals", rows: 1 },
  ]);
  expect(await numbers()).toEqual(["A-2", "A-3"]);
  expect(await sinkOf(timed).claim(0, 0)).toMatchObject({ nextOffset: 6, ids: [] });
});

it("counts are added to a table of its own, by keys of its own", async () => {
  await server.query(
    url,
    `CREATE TABLE shop.hours (topic text, partition int, hour timestamptz, region text, orders int,
       PRIMARY KEY (topic, partition, hour, region))`,
  );
  const hours = shop.table("hours", {
    topic: text("topic"),
    partition: integer("partition"),
    window_start: timestamp("hour", { withTimezone: true }),
    region: text("region"),
    count: integer("orders"),
  });
  const definition = { name: "hours", sizeMs: 3_600_000, keys: ["region"], measure: "count" };
  const sink = sinkOf({ ...bare, tallies: [{ definition, table: hours }] });
  const claim = await sink.claim(0, 0);
  for (const offset of [0, 1]) {
    const buffer = sink.openBuffer(0);
    buffer.add({ rows: [order(offset)] });
    const ledger = { ...claim.ledger, read: offset + 1, counted: offset + 1 };
    const added = [{ tally: "hours", rows: [{ windowStartMs: day(1), keys: ["north"], count: offset + 5 }] }];
    const times = { watermarkMs: day(1), maxEventTimeMs: day(1) };
    await sink.commit(claim, offset, { nextOffset: offset + 1, ...times, ledger, changed: [], added }, buffer);
  }
  expect(await server.query(url, "SELECT * FROM shop.hours")).toEqual([
    { topic: identity.topic, partition: 0, hour: new Date(day(1)), region: "north", orders: 11 },
  ]);
});

it("a writer of its schema may write it, and a reader may not read it", async () => {
  const [writer, reader] = ["orders_writer", "orders_reader"];
  await createRoles(url, { pipeline: pipelineOf(bare), writer, reader });
  await server.query(url, `ALTER ROLE ${writer} PASSWORD 'x'; ALTER ROLE ${reader} PASSWORD 'x'`);
  const as = (role: string) => Object.assign(new URL(url), { username: role, password: "x" }).href;
  const sink = sinkOf(bare, as(writer));
  await commitFirst(sink, await sink.claim(0, 0), [order(1)]);
  expect(await numbers()).toEqual(["A-1"]);
  await expect(server.query(as(reader), "SELECT FROM shop.orders")).rejects.toMatchObject({ code: "42501" });
});
