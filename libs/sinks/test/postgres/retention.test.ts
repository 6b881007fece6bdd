import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyRetention, createSink, migrate, type Sink, type SinkEvent } from "../../src/index.js";
import type { PipelineData } from "../../src/tables/index.js";
import { orderPipeline } from "../orders.js";
import { startTestServer, type TestServer } from "../postgres-server.js";
import { identity, openPartition, pipeline } from "./partition-writer.js";

let server: TestServer;
let url: string;
let open: Sink[] = [];
// A poll gives up after 1 s by default.

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  url = await server.createDatabase();
  await migrate(pipeline, url);
});
afterEach(async () => {
  await Promise.all(open.map((sink) => sink.close()));
  open = [];
});

function sinkOf(changes: Partial<PipelineData> = {}, topic = identity.topic, events: SinkEvent[] = []): Sink {
  const sink = createSink({
    ...identity,
    topic,
    pipeline: orderPipeline({ ...pipeline.data, ...changes }),
    databaseUrl: url,
    onEvent: (event) => events.push(event),
  });
  open.push(sink);
  return sink;
}

const apply = (days = 1, databaseUrl = url) => applyRetention({ databaseUrl, pipeline, days });
const day = (text: string) => Date.parse(`${text}T00:00:00Z`);
const daysOf = async (table: string, time: string) =>
  (
    await server.query(
      url,
      `SELECT DISTINCT to_char(${time} AT TIME ZONE 'UTC', 'MM-DD') AS day FROM ${table} ORDER BY 1`,
    )
  ).map((row) => row["day"]);
const notes = () =>
  server.query(
    url,
    `SELECT table_name, to_char(complete_from AT TIME ZONE 'UTC', 'MM-DD HH24:MI') AS "from", dropped_rows::int AS rows
     FROM tidemark.retention ORDER BY 1`,
  );

/** A reader whose transaction does not end by itself. */
async function holdRaw(): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("BEGIN");
  await client.query("SELECT FROM orders");
  return client;
}

const dropsUnderWay = async () =>
  (
    await server.query(
      url,
      `SELECT count(*)::int AS sessions FROM pg_stat_activity
       WHERE state = 'active' AND pid <> pg_backend_pid() AND datname = current_database() AND query LIKE '%drop_days%'`,
    )
  )[0]?.["sessions"];

/** Two partitions that count one event at noon of each of these days of February 2024. */
async function fill(days: readonly number[]): Promise<void> {
  const sink = sinkOf();
  for (const partition of [0, 1]) {
    const writer = await openPartition(sink, partition);
    for (const number of days) await writer.count(noon(number));
  }
}
const noon = (number: number) => new Date(Date.UTC(2024, 1, number, 12)).toISOString();

describe("retention", () => {
  it("drops whole days that lie so far before the watermark from all tables but the coarser rollups and tallies, and notes it", async () => {
    await fill([1, 2, 3, 4, 5]);
    expect(await apply(2)).toEqual({
      dropped: [
        { table: "orders", rows: 4, beforeMs: day("2024-02-03") },
        { table: "orders_5s", rows: 4, beforeMs: day("2024-02-03") },
      ],
      isDone: true,
    });
    expect(await daysOf("orders", "placed_at")).toEqual(["02-03", "02-04", "02-05"]);
    expect(await daysOf("orders_5s", "window_start")).toEqual(["02-03", "02-04", "02-05"]);
    for (const coarser of ["orders_1m", "orders_1h"]) {
      expect(await daysOf(coarser, "window_start"), coarser).toEqual(["02-01", "02-02", "02-03", "02-04", "02-05"]);
    }
    const tallied = "SELECT sum(records)::int AS records FROM orders_verdicts_1m";
    expect(await server.query(url, tallied)).toEqual([{ records: 10 }]);
    expect(await notes()).toEqual([
      { table_name: "orders", from: "02-03 00:00", rows: 4 },
      { table_name: "orders_5s", from: "02-03 00:00", rows: 4 },
    ]);
  });

  it("drops nothing the second time, and adds up what it dropped when it goes on", async () => {
    await fill([1, 2, 3]);
    await apply();
    expect(await apply()).toEqual({ dropped: [], isDone: true });
    await fill([4]);
    expect((await apply()).dropped).toMatchObject([{ rows: 2 }, { rows: 2 }]);
    expect(await notes()).toMatchObject([{ from: "02-03 00:00", rows: 4 }, { rows: 4 }]);
  });

  it("follows the lowest watermark, of whatever topic", async () => {
    await fill([1, 2, 3, 4]);
    const other = await openPartition(sinkOf({}, "another"), 0);
    await other.count(noon(2));
    expect((await apply()).dropped).toEqual([]);
    await other.count(noon(3));
    expect((await apply()).dropped).toMatchObject([{ rows: 2, beforeMs: day("2024-02-02") }, { rows: 2 }]);
  });

  it("follows the watermarks of its own pipeline alone", async () => {
    await fill([1, 2, 3]);
    const tables = { ...pipeline.data.tables, schema: "elsewhere" };
    const other = orderPipeline({ ...pipeline.data, name: "other", tables });
    await migrate(other, url);
    const sink = createSink({ ...identity, pipeline: other, databaseUrl: url });
    open.push(sink);
    await (await openPartition(sink, 0)).count(noon(1));
    expect(await applyRetention({ databaseUrl: url, pipeline: other, days: 1 })).toEqual({ dropped: [], isDone: true });
    expect((await apply()).dropped).toMatchObject([{ rows: 2 }, { rows: 2 }]);
    expect(await server.query(url, "SELECT DISTINCT pipeline FROM tidemark.retention")).toEqual([
      { pipeline: "orders" },
    ]);
    expect(await server.query(url, "SELECT FROM elsewhere.orders")).toHaveLength(1);
  });

  it("deletes from a raw table that is not partitioned", async () => {
    const whole = orderPipeline({
      ...pipeline.data,
      name: "whole",
      tables: { ...pipeline.data.tables, schema: "whole", partitionBy: "none" },
    });
    await migrate(whole, url);
    const sink = createSink({ ...identity, pipeline: whole, databaseUrl: url });
    open.push(sink);
    const writer = await openPartition(sink, 0);
    for (const number of [1, 2, 3]) await writer.count(noon(number));
    const { dropped } = await applyRetention({ databaseUrl: url, pipeline: whole, days: 1 });
    expect(dropped).toMatchObject([
      { table: "orders", rows: 1 },
      { table: "orders_5s", rows: 1 },
    ]);
    expect(await server.query(url, "SELECT FROM whole.orders")).toHaveLength(2);
  });

  it("is not held by a partition that never had a counted event, and drops nothing where none had one", async () => {
    const quiet = await openPartition(sinkOf(), 7);
    await quiet.reject();
    expect(await apply()).toEqual({ dropped: [], isDone: true });
    await fill([1, 2, 3]);
    expect((await apply()).dropped).toMatchObject([{ rows: 2 }, { rows: 2 }]);
    // What came before a watermark stays until the partition has one.
    expect(await server.query(url, "SELECT count(*)::int AS rows FROM orders_rejected")).toEqual([{ rows: 1 }]);
  });

  it("drops late and rejected rows by the watermark that stood when they came", async () => {
    const writer = await openPartition(sinkOf(), 0);
    await writer.reject();
    await writer.count(noon(1));
    await writer.late("2024-01-20T00:00:00Z");
    await writer.reject();
    await writer.count(noon(2));
    await writer.late("2024-01-20T00:00:00Z");
    await writer.reject();
    await writer.count(noon(3));
    expect((await apply()).dropped).toMatchObject([
      { table: "orders", rows: 1 },
      { table: "orders_late", rows: 1 },
      { table: "orders_rejected", rows: 2 },
      { table: "orders_5s", rows: 1 },
    ]);
    expect(await daysOf("orders_late", "watermark")).toEqual(["02-02"]);
    expect(await daysOf("orders_rejected", "watermark")).toEqual(["02-02"]);
  });

  it("never passes a window that the allowed lateness keeps open, or an id that it keeps alive", async () => {
    const sink = sinkOf({ allowedLatenessMs: 3 * 86_400_000 });
    const writer = await openPartition(sink, 0);
    for (const number of [1, 2, 3, 4]) await writer.count(noon(number));
    // The hour from midnight may still be open: the first of February stays.
    await writer.count("2024-02-05T00:59:59Z");
    expect((await apply()).dropped).toEqual([]);
    await writer.count("2024-02-05T01:00:00Z");
    expect((await apply()).dropped).toMatchObject([{ rows: 1, beforeMs: day("2024-02-02") }, { rows: 1 }]);
    const claim = await sink.claim(0, 0);
    expect(claim.ids).toHaveLength(5);
    expect(claim.windows.map(({ rows }) => rows.length)).toEqual([5, 5, 5]);
  });

  it("leaves old first events of a partition alone until its watermark has passed them, and then counts them too", async () => {
    await fill([1, 2, 3, 4]);
    await apply();
    const late = await openPartition(sinkOf(), 7);
    await late.count(noon(1));
    expect((await apply()).dropped).toEqual([]);
    expect(await daysOf("orders", "placed_at")).toEqual(["02-01", "02-03", "02-04"]);
    await late.count(noon(4));
    expect((await apply()).dropped).toMatchObject([{ rows: 1 }, { rows: 1 }]);
    expect(await notes()).toMatchObject([{ from: "02-03 00:00", rows: 5 }, { rows: 5 }]);
  });

  it("does not wait long for a table that is in use, keeps no writer waiting, and goes on another time", async () => {
    await fill([1, 2, 3]);
    const reader = await holdRaw();
    const writer = await openPartition(sinkOf(), 2);
    const running = apply();
    await writer.count(noon(3));
    expect(await running).toMatchObject({ dropped: [{ table: "orders_5s" }], isDone: false });
    expect(await daysOf("orders", "placed_at")).toEqual(["02-01", "02-02", "02-03"]);
    await reader.end();
    expect(await apply()).toMatchObject({ dropped: [{ table: "orders", rows: 2 }], isDone: true });
  });

  it("drops no day in which a partition has begun while it waited", async () => {
    await fill([1, 2, 3]);
    const reader = await holdRaw();
    const old = await openPartition(sinkOf(), 7);
    const running = apply();
    await expect.poll(dropsUnderWay).toBe(1);
    await old.count(noon(1));
    await reader.end();
    expect(await running).toMatchObject({ dropped: [], isDone: false });
    expect(await daysOf("orders", "placed_at")).toEqual(["02-01", "02-02", "02-03"]);
    expect(await daysOf("orders_5s", "window_start")).toEqual(["02-01", "02-02", "02-03"]);
    await old.count(noon(3));
    expect((await apply()).dropped).toMatchObject([{ rows: 3 }, { rows: 3 }]);
  });

  it("drops more days than one transaction takes in portions, oldest first, each with its note", async () => {
    await fill([1]);
    await server.query(
      url,
      `SELECT tidemark.make_day('orders', date '2023-09-01' + day) FROM generate_series(0, 119) AS day`,
    );
    await server.query(
      url,
      `INSERT INTO orders (order_id, shop, channel, cents, items, placed_at, price, topic, partition, "offset")
       SELECT gen_random_uuid(), 'Aarhus', 1, 100, 1, timestamptz '2023-09-01T12:00:00Z' + day * interval '24 hours', 100,
         $1, 0, -1 - day FROM generate_series(0, 119) AS day`,
      [identity.topic],
    );
    const first = await server.query(
      url,
      `SELECT to_char(boundary AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS "from", dropped::int, has_more
       FROM tidemark.drop_days('orders', 'orders', 1, 0)`,
    );
    expect(first).toEqual([{ from: "2023-10-21", dropped: 50, has_more: true }]);
    expect(await notes()).toEqual([{ table_name: "orders", from: "10-21 00:00", rows: 50 }]);
    expect(await apply()).toEqual({
      dropped: [{ table: "orders", rows: 70, beforeMs: day("2024-01-31") }],
      isDone: true,
    });
    expect(await notes()).toEqual([{ table_name: "orders", from: "01-31 00:00", rows: 120 }]);
    expect(await daysOf("orders", "placed_at")).toEqual(["02-01"]);
  });

  it("is done once by many at once", async () => {
    await fill([1, 2, 3]);
    const runs = await Promise.all(Array.from({ length: 6 }, () => apply()));
    const rows = runs.flatMap(({ dropped }) => dropped).reduce((sum, { rows: some }) => sum + some, 0);
    expect(rows).toBe(4);
    expect(await notes()).toMatchObject([{ rows: 2 }, { rows: 2 }]);
  });

  it("ends when it is told to, and leaves each table whole", async () => {
    await fill([1, 2, 3]);
    const reader = await holdRaw();
    const stop = new AbortController();
    const running = applyRetention({ databaseUrl: url, pipeline, days: 1 }, stop.signal);
    running.catch(() => {});
    await expect.poll(dropsUnderWay).toBe(1);
    stop.abort();
    await expect(running).rejects.toThrow("terminated");
    await reader.end();
    await expect.poll(dropsUnderWay).toBe(0);
    await apply();
    expect(await notes()).toMatchObject([{ rows: 2 }, { rows: 2 }]);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %d days", async (days) => {
    await expect(apply(days)).rejects.toThrow(RangeError);
  });
});

describe("writers and retention at once", () => {
  const rounds = 40;

  it("have no deadlock, and lose and double nothing, while each round begins a day and ends one", async () => {
    const events: SinkEvent[] = [];
    const writers = await Promise.all(
      [0, 1, 2].map((partition) => openPartition(sinkOf({}, undefined, events), partition)),
    );
    const written = new AbortController();
    let dropped = 0;
    async function drop(): Promise<void> {
      const raw = (await apply()).dropped.find(({ table }) => table === "orders");
      dropped += raw?.rows ?? 0;
    }
    const dropping = [0, 1].map(async () => {
      while (!written.signal.aborted) await drop();
    });
    await Promise.all(
      writers.map(async (writer) => {
        for (let round = 1; round <= rounds; round += 1) await writer.count(noon(round), noon(round));
      }),
    );
    written.abort();
    await Promise.all(dropping);
    await drop();
    expect(events).toEqual([]);
    const left = "SELECT count(*)::int AS rows, count(DISTINCT placed_at)::int AS days FROM orders";
    expect(await server.query(url, left)).toEqual([{ rows: 2 * 3 * 2, days: 2 }]);
    expect(dropped).toBe(2 * 3 * (rounds - 2));
    expect(await notes()).toMatchObject([{ rows: dropped }, { table_name: "orders_5s" }]);
  });

  it("keep a partition's old first events, whenever they come", async () => {
    for (let round = 0; round < 10; round += 1) {
      const first = 1 + 4 * round;
      await fill([first, first + 1, first + 2]);
      const partition = 100 + round;
      const writer = await openPartition(sinkOf(), partition);
      await Promise.all([apply(), writer.count(noon(first))]);
      const found = await server.query(
        url,
        `SELECT (SELECT count(*)::int FROM orders WHERE partition = ${partition}) AS raw,
           (SELECT count(*)::int FROM orders_5s WHERE partition = ${partition}) AS windows`,
      );
      expect(found).toEqual([{ raw: 1, windows: 1 }]);
      await writer.count(noon(first + 2));
    }
    await expect.poll(async () => (await apply()).isDone).toBe(true);
    const sum = `SELECT dropped_rows::int + (SELECT count(*)::int FROM orders) AS rows
      FROM tidemark.retention WHERE table_name = 'orders'`;
    expect(await server.query(url, sum)).toEqual([{ rows: 10 * 8 }]);
  });
});
