import fc from "fast-check";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { createSink, mergeWindows, migrate } from "../../src/index.js";
import { at, topic, useMergeBench } from "./merge-bench.js";
import { identity, openPartition, pipeline, priceOf, type PartitionWriter } from "./partition-writer.js";

const bench = useMergeBench();

describe("windows that are closed in all partitions", () => {
  it("become one row of all partitions, whose figures are those of the view before, to the bit", async () => {
    await bench.fill(9, "17:00:07");
    const before = await bench.viewsOf();
    const inOrder = Array.from({ length: 9 }, (_, partition) => priceOf(partition)).reduce((sum, one) => sum + one);
    const sums = "SELECT price_sum FROM orders_5s_total ORDER BY window_start LIMIT 1";
    expect(await bench.server.query(bench.url, sums)).toEqual([{ price_sum: inOrder }]);
    expect(await bench.merge()).toEqual({ parts: 9, rows: 1, isDone: true });
    expect((await bench.rowsOf()).filter((row) => row.endsWith("17:00:00"))).toEqual(["-1: 17:00:00"]);
    expect(await bench.viewsOf()).toEqual(before);
    expect(await bench.merge()).toEqual({ parts: 0, rows: 0, isDone: true });
  });

  it("stay rows of their partitions while one of these is below their end, or has had no event", async () => {
    const writers = await bench.openAll(3);
    await writers[0]?.count(at("17:00:01"), at("17:00:07"));
    await writers[1]?.count(at("17:00:01"), at("17:00:04"));
    expect(await bench.merge()).toMatchObject({ parts: 0 });
    await writers[1]?.count(at("17:00:05"));
    expect(await bench.merge()).toMatchObject({ parts: 0 });
    await writers[2]?.count(at("17:00:09"));
    expect(await bench.merge()).toMatchObject({ parts: 2, rows: 1 });
  });

  it("stay where one partition alone has a row, and where the topic has one partition", async () => {
    const [first] = await bench.openAll(1);
    await first?.count(at("17:00:01"), at("17:00:07"));
    expect(await bench.merge()).toMatchObject({ parts: 0 });
    await (await openPartition(bench.sink, 1)).count(at("17:00:07"));
    expect(await bench.merge()).toMatchObject({ parts: 0 });
    expect(await bench.rowsOf()).toEqual(["0: 17:00:00", "0: 17:00:05", "1: 17:00:05"]);
  });

  it("wait until all partitions below the highest are known, so that the order of sums stays theirs", async () => {
    const writers = [await openPartition(bench.sink, 0), await openPartition(bench.sink, 2)];
    for (const writer of writers) await writer.count(at("17:00:01"), at("17:00:07"));
    expect(await bench.merge()).toMatchObject({ parts: 0 });
    await (await openPartition(bench.sink, 1)).count(at("17:00:02"), at("17:00:08"));
    const before = await bench.viewsOf();
    expect(await bench.merge()).toMatchObject({ parts: 3, rows: 1 });
    expect(await bench.viewsOf()).toEqual(before);
  });

  it("take a partition that is added later into the row that is there", async () => {
    await bench.fill(4, "17:00:07");
    await bench.merge();
    const added = await openPartition(bench.sink, 4);
    await added.count(at("17:00:02"));
    expect(await bench.merge()).toMatchObject({ parts: 0 });
    await added.count(at("17:00:08"));
    const before = await bench.viewsOf();
    expect(await bench.rowsOf()).toContain("4: 17:00:00");
    expect(await bench.merge()).toMatchObject({ parts: 2, rows: 1 });
    expect(await bench.viewsOf()).toEqual(before);
    expect(await bench.rowsOf()).not.toContain("4: 17:00:00");
  });

  it("are merged some at a time, each in a transaction of its own", async () => {
    const writers = await bench.openAll(2);
    const times = Array.from({ length: 11 }, (_, index) => at(`17:00:${String(index * 5).padStart(2, "0")}`));
    for (const writer of writers) await writer.count(...times);
    const before = await bench.viewsOf();
    expect(await bench.merge(3)).toEqual({ parts: 20, rows: 10, isDone: true });
    expect(await bench.viewsOf()).toEqual(before);
  });

  it("of another topic or definition are left alone", async () => {
    await bench.fill(2, "17:00:07");
    expect(await mergeWindows({ databaseUrl: bench.url, pipeline, topic: "another" })).toMatchObject({ parts: 0 });
    const other = { ...pipeline, data: { ...pipeline.data, watermarkDelayMs: 1 } };
    expect(await mergeWindows({ databaseUrl: bench.url, pipeline: other, topic })).toMatchObject({ parts: 0 });
    expect(await bench.merge()).toMatchObject({ parts: 2 });
  });

  it("are merged once by two who try at the same moment", async () => {
    await bench.fill(5, "17:00:07");
    const before = await bench.viewsOf();
    const both = await Promise.all([bench.merge(), bench.merge()]);
    expect(both.reduce((sum, { parts }) => sum + parts, 0)).toBe(5);
    expect(await bench.viewsOf()).toEqual(before);
    await expect(bench.sink.claim(0, 0)).resolves.toMatchObject({ ledger: { counted: 2 } });
  });

  it("are left to another that is at it", async () => {
    await bench.fill(2, "17:00:07");
    const holder = new Client({ connectionString: bench.url });
    await holder.connect();
    await holder.query(`BEGIN; SELECT pg_advisory_xact_lock(7415067, hashtext('orders ${topic}'))`);
    expect(await bench.merge()).toEqual({ parts: 0, rows: 0, isDone: false });
    await holder.end();
    await expect.poll(() => bench.merge()).toMatchObject({ parts: 2 });
  });

  it("are as they were where the merge is ended before its commit", async () => {
    await bench.fill(3, "17:00:07");
    const before = [await bench.viewsOf(), await bench.rowsOf()];
    const blocker = new Client({ connectionString: bench.url });
    await blocker.connect();
    // The merge waits at its last write.
    await blocker.query("BEGIN; LOCK TABLE tidemark.merged_windows IN SHARE MODE");
    const merging = bench.merge();
    merging.catch(() => {});
    const waits = "datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%merged_windows%'";
    await expect
      .poll(() => bench.server.query(bench.url, `SELECT FROM pg_stat_activity WHERE ${waits}`))
      .toHaveLength(1);
    await bench.server.query(bench.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${waits}`);
    await expect(merging).rejects.toThrow(/terminat/i);
    await blocker.end();
    expect([await bench.viewsOf(), await bench.rowsOf()]).toEqual(before);
    expect(await bench.merge()).toMatchObject({ parts: 3 });
  });

  it("are seen by a reader as they were, or merged, and never both", async () => {
    const writers = await bench.openAll(4);
    const times = Array.from({ length: 12 }, (_, index) => at(`17:00:${String(index * 5).padStart(2, "0")}`));
    for (const writer of writers) await writer.count(...times);
    const before = JSON.stringify(await bench.viewsOf());
    const ended = new AbortController();
    const merging = bench.merge(4).finally(() => ended.abort());
    const seen: string[] = [];
    while (!ended.signal.aborted) seen.push(JSON.stringify(await bench.viewsOf()));
    expect(new Set(seen)).toEqual(new Set([before]));
    expect(await merging).toMatchObject({ parts: 44, rows: 11 });
  });
});

it("whenever windows are merged, and however many at a time, the views over all partitions have the same bits", async () => {
  const partitions = 4;
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ partition: fc.nat(partitions - 1), forward: fc.nat(12), back: fc.nat(9) }) },
    { weight: 3, arbitrary: fc.record({ merge: fc.integer({ min: 1, max: 8 }) }) },
    { weight: 1, arbitrary: fc.record({ claim: fc.nat(partitions - 1) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
      const given = [];
      for (const isMerging of [true, false]) {
        const databaseUrl = await bench.server.createDatabase();
        await migrate(pipeline, databaseUrl);
        const own = createSink({ ...identity, databaseUrl });
        const writers: PartitionWriter[] = [];
        const times: number[] = [];
        for (const one of steps) {
          if ("merge" in one) {
            if (isMerging) await bench.merge(one.merge, databaseUrl);
            continue;
          }
          const partition = "claim" in one ? one.claim : one.partition;
          if ("claim" in one || writers[partition] === undefined)
            writers[partition] = await openPartition(own, partition);
          if ("claim" in one) continue;
          const newest = (times[partition] ?? Date.parse(at("17:59:30"))) + one.forward * 1_000;
          times[partition] = newest;
          // Within the window that is open.
          const older = Math.max(newest - one.back * 1_000, Math.floor(newest / 5_000) * 5_000);
          await writers[partition].count(new Date(older).toISOString(), new Date(newest).toISOString());
        }
        given.push({ views: await bench.viewsOf(databaseUrl) });
        for (const [partition] of writers.entries()) {
          if (writers[partition] === undefined) continue;
          const { windows, ledger } = await own.claim(partition, 0);
          given.push({ windows, ledger });
        }
        await own.close();
      }
      expect(given.slice(0, given.length / 2)).toEqual(given.slice(given.length / 2));
    }),
    { numRuns: 6 },
  );
}, 300_000);
