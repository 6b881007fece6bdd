import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSink, migrate } from "../../src/index.js";
import type { PipelineData } from "../../src/tables/index.js";
import { checkpointOf, commit, noLedger, pipelineWith, startMs, windowOf } from "../contract/fixtures.js";
import { startTestServer, type TestServer } from "../postgres-server.js";

let server: TestServer;
let url: string;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  url = await server.createDatabase();
});

const WINDOW_MS = 5_000;

interface Written {
  readonly partition: number;
  /** After the start of the window; undefined: no event yet. */
  readonly watermarkMs: number | undefined;
  readonly windows?: readonly ReturnType<typeof windowOf>[];
  readonly topic?: string;
}

/** Commits a checkpoint of each of these partitions. */
async function write(written: readonly Written[], changes: Partial<PipelineData> = {}): Promise<void> {
  const pipeline = pipelineWith(changes);
  await migrate(pipeline, url);
  for (const { partition, watermarkMs, windows = [], topic = "t" } of written) {
    const sink = createSink({ databaseUrl: url, topic, group: "g", clusterId: "c", pipeline });
    const timeMs = watermarkMs === undefined ? -Infinity : startMs + watermarkMs;
    const claim = await sink.claim(partition, 0);
    const ledger = { ...noLedger, read: 1, counted: 1 };
    const changed = [{ rollup: "orders_5s", rows: windows }];
    await commit(sink, claim, 0, checkpointOf([], 1, { watermarkMs: timeMs, maxEventTimeMs: timeMs, ledger, changed }));
    await sink.close();
  }
}

const read = (columns: string) => server.query(url, `SELECT ${columns} FROM orders_5s_total ORDER BY topic, shop`);
const closed = async () => (await read("closed")).map((row) => row["closed"]);

describe("a rollup's figures over all partitions", () => {
  it("are sums, least and greatest values; null where no partition has one", async () => {
    const second = { ...windowOf(3), values: [3, 7, 4, 600, 0.5, 1, 2] };
    await write([
      { partition: 0, watermarkMs: 0, windows: [windowOf(2), windowOf(1, startMs, ["South", "1"])] },
      { partition: 1, watermarkMs: 0, windows: [second] },
    ]);
    expect(
      await read("shop, orders::int, cents::int, cents_min::int, cents_max::int, price_count::int, noted::int"),
    ).toEqual([
      { shop: "North", orders: 5, cents: 507, cents_min: 4, cents_max: 700, price_count: 4, noted: 2 },
      { shop: "South", orders: 1, cents: 500, cents_min: null, cents_max: 700, price_count: 3, noted: 0 },
    ]);
  });

  it("are closed once the watermark has passed the window's end, and not a millisecond before", async () => {
    await write([{ partition: 0, watermarkMs: WINDOW_MS - 1, windows: [windowOf(1)] }]);
    expect(await closed()).toEqual([false]);
    await server.query(url, "UPDATE tidemark.checkpoints SET watermark = watermark + interval '1 ms'");
    expect(await closed()).toEqual([true]);
  });

  it("are not closed while another partition of the topic can add to the window, though it has no row there", async () => {
    await write([
      { partition: 0, watermarkMs: WINDOW_MS, windows: [windowOf(1)] },
      { partition: 1, watermarkMs: WINDOW_MS - 1 },
    ]);
    expect(await closed()).toEqual([false]);
    await server.query(url, "UPDATE tidemark.checkpoints SET watermark = watermark + interval '1 ms'");
    expect(await closed()).toEqual([true]);
  });

  it("are not closed while a partition of the topic has had no event", async () => {
    await write([
      { partition: 0, watermarkMs: WINDOW_MS, windows: [windowOf(1)] },
      { partition: 1, watermarkMs: undefined },
    ]);
    expect(await closed()).toEqual([false]);
  });

  it("are not closed while the allowed lateness keeps the window open", async () => {
    const windows = [windowOf(1)];
    await write([{ partition: 0, watermarkMs: WINDOW_MS + 1_999, windows }], { allowedLatenessMs: 2_000 });
    expect(await closed()).toEqual([false]);
    await server.query(url, "UPDATE tidemark.checkpoints SET watermark = watermark + interval '1 ms'");
    expect(await closed()).toEqual([true]);
  });

  it("are closed whatever partitions of other topics and other pipelines have read", async () => {
    await write([
      { partition: 0, watermarkMs: WINDOW_MS, windows: [windowOf(1)] },
      { partition: 0, watermarkMs: 0, windows: [windowOf(1)], topic: "u" },
    ]);
    const tables = { ...pipelineWith().data.tables, schema: "elsewhere" };
    await write([{ partition: 7, watermarkMs: undefined }], { name: "other", tables });
    expect(await closed()).toEqual([true, false]);
  });

  it("are read without the checkpoints where nobody asks whether they are closed", async () => {
    await write([{ partition: 0, watermarkMs: 0, windows: [windowOf(1)] }]);
    const plan = await server.query(url, "EXPLAIN SELECT topic, window_start, orders FROM orders_5s_total");
    expect(JSON.stringify(plan)).not.toContain("checkpoints");
  });
});
