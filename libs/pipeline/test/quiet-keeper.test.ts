import { migrate } from "@tidemark/sinks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { PipelineEvent } from "../src/pipeline-event.js";
import { createQuietKeeper, type QuietKeeper } from "../src/quiet-keeper.js";
import { runPipeline, type RunningPipeline } from "../src/run-pipeline.js";
import { claimed, committed } from "./events.js";
import { orders } from "./orders.js";
import { query, send, startServers, type TestServers } from "./servers.js";

let servers: TestServers;
let databaseUrl: string;
let events: PipelineEvent[];
let keepers: QuietKeeper[];
let runs: RunningPipeline[];
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());
beforeEach(async () => {
  events = [];
  keepers = [];
  runs = [];
  databaseUrl = await servers.createDatabase();
  await migrate(orders, databaseUrl);
});
afterEach(() => Promise.all([...keepers, ...runs].map((one) => one.stop())));

const patience = { timeout: 30_000 };
const at = (time: string) => Date.parse(`2024-02-03T${time}Z`);
const typesOf = () => events.map(({ type }) => type);

/** Two partitions, of which the first is behind. */
const checkpoints = `INSERT INTO tidemark.definitions VALUES ('d', '{"allowedLatenessMs": 0}');
  INSERT INTO tidemark.checkpoints (pipeline, topic, partition, group_name, cluster_id, definition_hash, start_offset, next_offset, epoch, watermark, max_event_time, read, counted)
  VALUES ('orders', 't', 0, 'g', 'c', 'd', 0, 7, 1, '2024-02-03 17:00:00+00', '2024-02-03 17:02:00+00', 7, 7),
    ('orders', 't', 1, 'g', 'c', 'd', 0, 9, 1, '2024-02-03 18:00:00+00', '2024-02-03 18:02:00+00', 9, 9)`;
const closedTo = async () =>
  (await query(databaseUrl, "SELECT closed_to FROM tidemark.closed_windows"))[0]?.["closed_to"];

function keep(options: Partial<Parameters<typeof createQuietKeeper>[0]> = {}): QuietKeeper {
  const keeper = createQuietKeeper({
    databaseUrl,
    pipeline: orders,
    topic: "t",
    afterMs: 1,
    readEnds: () => Promise.resolve([{ partition: 0, end: 7 }]),
    emit: (event) => events.push(event),
    everyMs: 20,
    ...options,
  });
  keepers.push(keeper);
  return keeper;
}

describe("the quiet keeper", () => {
  it("passes over a partition that Kafka says is fully read", async () => {
    await query(databaseUrl, checkpoints);
    const keeper = keep();
    keeper.on(claimed(0, { nextOffset: 7, watermarkMs: at("17:00:00") }));
    keeper.start();
    await expect.poll(closedTo, patience).toEqual(new Date(at("18:00:00")));
    await expect.poll(typesOf, patience).toEqual(["quiet"]);
  });

  it("passes over nothing where Kafka cannot be asked, and goes on when it can", async () => {
    await query(databaseUrl, checkpoints);
    let asked = 0;
    let isAway = true;
    const readEnds = () => {
      asked += 1;
      return isAway ? Promise.reject(new Error("away")) : Promise.resolve([{ partition: 0, end: 7 }]);
    };
    const keeper = keep({ readEnds });
    keeper.on(claimed(0, { nextOffset: 7 }));
    keeper.start();
    await expect.poll(() => asked, patience).toBeGreaterThan(3);
    expect(await closedTo()).toBeUndefined();
    isAway = false;
    await expect.poll(closedTo, patience).toEqual(new Date(at("18:00:00")));
  });

  it("passes over nothing where records stand behind an open transaction", async () => {
    await query(databaseUrl, checkpoints);
    let asked = 0;
    const readEnds = () => {
      asked += 1;
      return Promise.resolve([{ partition: 0, end: 7, highWatermark: 19 }]);
    };
    const keeper = keep({ readEnds });
    keeper.on(claimed(0, { nextOffset: 7 }));
    keeper.start();
    await expect.poll(() => asked, patience).toBeGreaterThan(3);
    expect(await closedTo()).toBeUndefined();
    expect(events).toEqual([]);
  });

  it("tells which closed windows a partition changes that has records again, and none that it had closed itself", async () => {
    await query(databaseUrl, checkpoints);
    const keeper = keep();
    keeper.on(claimed(0, { nextOffset: 7, watermarkMs: at("17:00:00") }));
    keeper.start();
    await expect.poll(typesOf, patience).toEqual(["quiet"]);
    const rows = ["16:59:00", "17:00:00", "17:30:00", "17:59:00", "18:00:00"].map((time) => ({
      windowStartMs: at(time),
      keys: ["Aarhus"],
      values: [1, 1, 1, 1, 1, 1, 1],
    }));
    keeper.on(committed(0, { nextOffset: 9, watermarkMs: at("18:01:00"), changed: [{ rollup: "orders_1m", rows }] }));
    expect(events.slice(1)).toEqual([
      { type: "quiet-ended", partition: 0, reason: "records" },
      { type: "closed-windows-changed", partition: 0, windows: 3, firstMs: at("17:00:00"), lastMs: at("17:59:00") },
    ]);
  });

  it("tells once that Postgres refuses to note it, and notes it when it can", async () => {
    await query(databaseUrl, `${checkpoints}; ALTER TABLE tidemark.closed_windows RENAME TO hidden`);
    const keeper = keep();
    keeper.on(claimed(0, { nextOffset: 7 }));
    keeper.start();
    const refusal = { type: "quiet-not-recorded", reason: 'relation "tidemark.closed_windows" does not exist' };
    await expect.poll(() => events, patience).toEqual([refusal]);
    await query(databaseUrl, "ALTER TABLE tidemark.hidden RENAME TO closed_windows");
    await expect.poll(() => typesOf().slice(1), patience).toEqual(["quiet"]);
  });
});

describe("a pipeline that runs with quietAfterMs", () => {
  const order = (partition: number, number: number, time: string) => ({
    partition,
    timestampMs: at(time),
    value: JSON.stringify({
      orderNo: `${partition}-${number}`,
      shop: "Aarhus",
      cents: 5,
      items: 1,
      discount: null,
      placedAt: new Date(at(time)).toISOString(),
    }),
  });

  function begin(topic: string): RunningPipeline {
    const run = runPipeline(orders, {
      brokers: [servers.broker.address],
      databaseUrl,
      topic,
      quietAfterMs: 1_000,
      onEvent: (event) => events.push(event),
    });
    runs.push(run);
    return run;
  }
  const closed = async () =>
    (
      await query(databaseUrl, "SELECT orders::int AS orders, closed FROM shop.orders_1m_total ORDER BY window_start")
    ).map((row) => [row["orders"], row["closed"]]);

  it("closes windows past an empty partition and a quiet one, and tells when the latter changes them", async () => {
    await send(servers.broker, "three", [order(0, 1, "17:00:10"), order(1, 1, "17:00:20"), order(1, 2, "17:09:00")], 3);
    begin("three");
    const keepFresh = async (number: number) =>
      send(servers.broker, "three", [order(1, number, `17:09:${String(number % 60).padStart(2, "0")}`)]);
    let number = 3;
    await expect
      .poll(async () => {
        await keepFresh((number += 1));
        return (await closed())[0];
      }, patience)
      .toEqual([2, true]);
    // They are told behind the commit.
    await expect
      .poll(() => events.filter(({ type }) => type === "quiet"), patience)
      .toMatchObject(
        expect.arrayContaining([
          expect.objectContaining({ partition: 0 }) as object,
          expect.objectContaining({ partition: 2 }) as object,
        ]),
      );
    await send(servers.broker, "three", [order(0, 2, "17:00:30")]);
    await expect.poll(async () => (await closed())[0], patience).toEqual([3, true]);
    await expect
      .poll(() => events, patience)
      .toContainEqual({
        type: "closed-windows-changed",
        partition: 0,
        windows: 1,
        firstMs: at("17:00:00"),
        lastMs: at("17:00:00"),
      });
  });

  it("closes the last windows where all partitions are quiet, also of a topic of one partition", async () => {
    await send(servers.broker, "one", [order(0, 1, "17:00:10")]);
    begin("one");
    // The window ends 170 s behind the watermark.
    await expect.poll(() => typesOf().includes("quiet"), patience).toBe(true);
    await query(databaseUrl, "UPDATE tidemark.checkpoints SET watermark = '2024-02-03 17:00:58+00'");
    await expect.poll(closed, patience).toEqual([[1, true]]);
  });
});
