import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { applyRetention, recordQuiet, resetPartitions, SinkError } from "../../src/index.js";
import { at, topic, useMergeBench } from "./merge-bench.js";
import { identity, openPartition, pipeline, type PartitionWriter } from "./partition-writer.js";

const bench = useMergeBench();

describe("a claim of a partition whose windows were merged", () => {
  it("gives back its open windows, and goes on", async () => {
    const [first] = await bench.fill(3, "17:00:07");
    const before = await bench.sink.claim(0, 0);
    await bench.merge();
    const after = await bench.sink.claim(0, 0);
    expect({ ...after, epoch: 0 }).toEqual({ ...before, epoch: 0 });
    expect(first).toBeDefined();
    const next = await openPartition(bench.sink, 0);
    await next.count(at("17:00:08"));
    await expect(bench.sink.claim(0, 0)).resolves.toMatchObject({ ledger: { counted: 3 } });
  });

  it("adds up to its ledger, over hours and minutes, and still notices windows that lack events", async () => {
    const writers = await bench.openAll(2);
    for (const time of ["17:00:01", "17:30:01", "17:59:59", "18:00:01", "18:30:00", "18:30:06"]) {
      for (const writer of writers) await writer.count(at(time));
      await bench.merge();
      for (const partition of [0, 1])
        await expect(bench.sink.claim(partition, 0), `${time} ${partition}`).resolves.toBeDefined();
      for (const [index] of writers.entries()) {
        (writers as PartitionWriter[])[index] = await openPartition(bench.sink, index);
      }
    }
    await bench.server.query(bench.url, "UPDATE orders_1m SET orders = orders - 1 WHERE partition = 1");
    await expect(bench.sink.claim(1, 0)).rejects.toMatchObject({ code: "inconsistent-state" });
    await expect(bench.sink.claim(0, 0)).resolves.toBeDefined();
    await bench.server.query(
      bench.url,
      "UPDATE tidemark.merged_windows SET events = events - 1 WHERE rollup = 'orders_1h'",
    );
    await expect(bench.sink.claim(0, 0)).rejects.toMatchObject({ code: "inconsistent-state" });
  });
});

describe("where a quiet partition was passed over", () => {
  const say = async (partitions: readonly number[]) => {
    const rows = await bench.server.query(
      bench.url,
      "SELECT partition, epoch::int, next_offset::int AS offset FROM tidemark.checkpoints",
    );
    const quiet = rows
      .filter(({ partition }) => partitions.includes(partition as number))
      .map(({ partition, epoch, offset }) => ({ partition, epoch, nextOffset: offset, quietMs: 60_000 }) as never);
    await recordQuiet({ databaseUrl: bench.url, pipeline, topic }, { quiet, askedMs: performance.now() });
  };

  it("windows of the others are merged, but for those in which it can still change its row", async () => {
    const writers = await bench.openAll(4);
    for (const writer of writers.slice(0, 3)) await writer.count(at("17:00:01"), at("17:00:06"), at("17:00:12"));
    await writers[1]?.count(at("17:00:17"));
    await writers[2]?.count(at("17:00:17"));
    expect(await bench.merge()).toMatchObject({ parts: 0 });
    await say([0, 3]);
    // The window at 17:00:10 is open for the first partition, which has a row there.
    expect(await bench.merge()).toMatchObject({ parts: 6, rows: 2 });
    const before = await bench.sink.claim(0, 0);
    expect(before.windows[0]?.rows).toHaveLength(1);
    const back = await openPartition(bench.sink, 0);
    await back.count(at("17:00:13"), at("17:00:20"));
    await say([3]);
    const views = await bench.viewsOf();
    expect(await bench.merge()).toMatchObject({ parts: 3, rows: 1 });
    expect(await bench.viewsOf()).toEqual(views);
  });

  it("a partition that comes back adds to windows that were merged, and is merged into them", async () => {
    const writers = await bench.openAll(3);
    for (const writer of writers.slice(1)) await writer.count(at("17:00:01"), at("17:00:07"));
    await say([0]);
    expect(await bench.merge()).toMatchObject({ parts: 2, rows: 1 });
    await writers[0]?.count(at("17:00:02"));
    await writers[0]?.count(at("17:00:08"));
    const views = await bench.viewsOf();
    expect(
      await bench.server.query(bench.url, "SELECT orders::int FROM orders_5s_total ORDER BY window_start LIMIT 1"),
    ).toEqual([{ orders: 3 }]);
    expect(await bench.merge()).toMatchObject({ parts: 2, rows: 1 });
    expect(await bench.viewsOf()).toEqual(views);
  });
});

describe("partitions that are read again", () => {
  const log = (partitions: readonly number[]) => partitions.map((partition) => ({ partition, start: 0, end: 2 }));
  const reset = (partitions: readonly number[]) =>
    resetPartitions({ ...identity, databaseUrl: bench.url, partitions: log(partitions) });

  it("are refused one by one once windows hold several of them, and taken out all together", async () => {
    await bench.fill(3, "17:00:07");
    await bench.merge();
    const before = [await bench.viewsOf(), await bench.rowsOf()];
    await expect(reset([1])).rejects.toThrow(/merged.*rebuild all/);
    await expect(reset([1])).rejects.toBeInstanceOf(SinkError);
    expect([await bench.viewsOf(), await bench.rowsOf()]).toEqual(before);
    expect(await reset([0, 1, 2])).toHaveLength(3);
    expect(await bench.rowsOf()).toEqual([]);
    expect(await bench.server.query(bench.url, "SELECT FROM tidemark.merged_windows")).toEqual([]);
    await bench.fill(3, "17:00:07");
    await bench.merge();
    expect([await bench.viewsOf(), await bench.rowsOf()]).toEqual(before);
  });

  it("are taken out one by one while no window holds several", async () => {
    await bench.fill(3, "17:00:04");
    await bench.merge();
    expect(await reset([1])).toHaveLength(1);
    await (await openPartition(bench.sink, 1)).count(at("17:00:01"), at("17:00:07"));
    await expect(bench.sink.claim(1, 0)).resolves.toMatchObject({ ledger: { counted: 2 } });
  });

  it("wait for a merge that is under way, and are refused by what it has written", async () => {
    await bench.fill(2, "17:00:07");
    const blocker = new Client({ connectionString: bench.url });
    await blocker.connect();
    await blocker.query("BEGIN; LOCK TABLE tidemark.merged_windows IN SHARE MODE");
    const merging = bench.merge();
    merging.catch(() => {});
    const waiting = (what: string) =>
      bench.server.query(
        bench.url,
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = '${what}'`,
      );
    await expect.poll(() => waiting("relation")).toHaveLength(1);
    const resetting = reset([0]);
    resetting.catch(() => {});
    await expect.poll(() => waiting("advisory")).toHaveLength(1);
    await blocker.end();
    expect(await merging).toMatchObject({ parts: 2 });
    await expect(resetting).rejects.toThrow(/merged/);
  });
});

it("retention drops merged windows with the others", async () => {
  const writers = await bench.openAll(3);
  for (const writer of writers)
    await writer.count("2024-02-01T12:00:00Z", "2024-02-02T12:00:00Z", "2024-02-04T12:00:00Z");
  await bench.merge();
  expect((await bench.rowsOf()).filter((row) => row.startsWith("-1"))).toHaveLength(2);
  const { dropped } = await applyRetention({ databaseUrl: bench.url, pipeline, days: 1 });
  expect(dropped).toContainEqual({ table: "orders_5s", rows: 2, beforeMs: Date.parse("2024-02-03T00:00:00Z") });
  for (const partition of [0, 1, 2]) await expect(bench.sink.claim(partition, 0)).resolves.toBeDefined();
});
