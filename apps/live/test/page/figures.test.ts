import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startUnderTest, type LiveUnderTest } from "../live-under-test.js";
import { runPipeline } from "../pipeline.js";
import { query, startServers, type TestServers } from "../servers.js";
import { describeInBrowser, startBrowser, waitForFigures, type TestBrowser, type TestPage } from "./browser.js";
import {
  askOracle,
  bucketNames,
  bucketOf,
  constraint,
  countedWithin,
  groupBy,
  mostOf,
  rateOf,
  recordsWithin,
  sumOf,
  usageByPoint,
  type Truth,
} from "./expected-figures.js";
import { readFigures, type ShownFigures, type ShownSeries } from "./shown-figures.js";

const scenario = "dirty";
const events = 5_000;
const none: ShownSeries = { names: [], rows: [] };
const kinds = ["counted", "duplicate", "late", "quarantined", "rejected", "refused"] as const;

/** Equal, but for what the order of adding up doubles makes. */
function expectClose(found: readonly (number | null)[], expected: readonly (number | null)[], what: string): void {
  const known = expected.filter((value) => value !== null);
  expect(found.length, what).toBe(known.length);
  for (const [at, value] of known.entries()) expect(found[at], `${what}, ${at}`).toBeCloseTo(value, 9);
}

const numbersOf = (cells: readonly (string | readonly number[])[] = []): number[] =>
  cells.flatMap((cell) => (typeof cell === "string" ? [] : [...cell]));

/** By time and name. A cell without a number has none. */
const pointsOf = ({ names, rows }: ShownSeries): [string, number][] =>
  rows.flatMap(([time, ...cells]) =>
    cells.flatMap((cell, at) => numbersOf([cell]).map((value): [string, number] => [`${time} ${names[at]}`, value])),
  );

// One stream of a hundred seconds that ended just now, through the real producer, broker, consumer, Postgres and server.
describeInBrowser("the page's numbers after a run of the real pipeline", () => {
  let servers: TestServers;
  let browser: TestBrowser;
  let live: LiveUnderTest;
  let opened: TestPage;
  let page: Page;
  let databaseUrl: string;
  let truth: Truth;
  beforeAll(async () => {
    servers = await startServers();
    databaseUrl = await servers.createDatabase();
    await query(databaseUrl, `ALTER TABLE socmed_user_sales ADD ${constraint}`);
    const startMs = Date.now() - 100_000;
    await runPipeline(databaseUrl, { scenario, events, startMs });
    truth = askOracle(scenario, events, startMs);
    browser = await startBrowser();
    live = await startUnderTest(databaseUrl);
    opened = await browser.openPage();
    page = opened.page;
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await live?.close();
    await servers?.close();
  });

  async function open(search: string): Promise<ShownFigures> {
    await page.goto(`${live.url}/${search}`);
    await waitForFigures(page);
    return readFigures(page);
  }

  it("are the oracle's answers to all that the deck asks", async () => {
    const shown = await open("?range=all");
    const counted = countedWithin(truth, shown);
    expect(counted.length).toBeGreaterThan(4_000);
    expect(shown.panels["total-usage"]).toEqual([[[sumOf(counted, "Usage_Count")]]]);
    expect(shown.panels["total-transactions"]).toEqual([[[sumOf(counted, "Sales")]]]);

    const lastMinutes = countedWithin(truth, { fromMs: shown.toMs - 300_000, toMs: shown.toMs - 1 });
    const byPlatform = groupBy(lastMinutes, (row) => row.Sosial_Media);
    const visitors = new Map([...byPlatform].map(([name, rows]) => [name, sumOf(rows, "Visitors")]));
    const [leader, most] = mostOf(visitors);
    expect([shown.leader, shown.panels["platform-with-most-visitors"]]).toEqual([leader, [[[most]]]]);

    const all = sumOf(counted, "Visitors");
    const steps = [all, all - sumOf(counted, "PageVisitors"), sumOf(counted, "Conversion"), sumOf(counted, "Sales")];
    expect(shown.panels["funnel"]?.map((cells) => numbersOf(cells)[0])).toEqual(steps);
    expectClose(
      shown.panels["funnel"]?.map((cells) => numbersOf(cells)[1] ?? null) ?? [],
      steps.map((step) => (step / all) * 100),
      "funnel",
    );
    expect(opened.troubles).toEqual([]);
  });

  it("are the oracle's rates, with pooled rate, interval and count, by platform and by city", async () => {
    const shown = await open("?range=all");
    const counted = countedWithin(truth, shown);
    const platforms = groupBy(counted, (row) => row.Sosial_Media);
    for (const [id, numerator] of [
      ["average-conversion-rate", "Conversion"],
      ["average-bounce-rate", "PageVisitors"],
    ] as const) {
      const table = shown.panels[id] ?? [];
      expect(table.map(([name]) => name)).toEqual([...platforms.keys()]);
      for (const [at, [name, rows]] of [...platforms].entries()) {
        expectClose(numbersOf(table[at]), rateOf(rows, numerator), `${id} of ${name}`);
      }
    }
    const pairs = groupBy(counted, (row) => `${row.Kota} ${row.Sosial_Media}`);
    expect(Object.keys(shown.matrix).toSorted()).toEqual([...pairs.keys()]);
    for (const [pair, rows] of pairs) expectClose(shown.matrix[pair] ?? [], rateOf(rows, "Conversion"), pair);
  });

  it("are the oracle's leading cities", async () => {
    const shown = await open("?range=all");
    for (const [id, field] of [
      ["city-with-most-users", "Usage_Count"],
      ["city-with-most-sales", "Sales"],
    ] as const) {
      const expected = [...groupBy(countedWithin(truth, shown), (row) => row.Sosial_Media)].map(([platform, rows]) => {
        const cities = groupBy(rows, (row) => row.Kota);
        const [city, sum] = mostOf(new Map([...cities].map(([name, of]) => [name, sumOf(of, field)])));
        return [platform, city, [sum]];
      });
      expect(shown.panels[id], id).toEqual(expected);
    }
  });

  it("are the oracle's usage at each point in time", async () => {
    const shown = await open("?range=all");
    const series = shown.series["real-time-total-usage"] ?? none;
    const times = series.rows.map((cells) => numbersOf(cells)[0] ?? 0).toSorted((a, b) => a - b);
    const widthMs = Math.min(...times.slice(1).map((time, at) => time - (times[at] ?? 0)));
    const expected = usageByPoint(countedWithin(truth, shown), widthMs);
    const found = new Map(pointsOf(series).filter(([, value]) => value !== 0));
    expect(found.size).toBeGreaterThan(50);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries([...expected].filter(([, usage]) => usage > 0)));
  });

  it("are the oracle's for the cities and platforms chosen", async () => {
    const shown = await open("?range=all&city=Bogor&city=Depok&platform=X");
    const counted = countedWithin(truth, shown).filter(
      ({ Kota, Sosial_Media }) => ["Bogor", "Depok"].includes(Kota) && Sosial_Media === "X",
    );
    expect(shown.panels["total-usage"]).toEqual([[[sumOf(counted, "Usage_Count")]]]);
    expect(Object.keys(shown.matrix)).toEqual(["Bogor X", "Depok X"]);
  });

  it("are the oracle's ledger, which adds up, and its watermarks", async () => {
    const shown = await open("?tab=pipeline-health&range=all");
    const sum = (kind: (typeof kinds)[number] | "read") =>
      truth.partitions.reduce((all, { ledger }) => all + ledger[kind], 0);
    const ledger = Object.fromEntries((["read", ...kinds] as const).map((kind) => [kind, sum(kind)]));
    expect(shown.ledger).toEqual(ledger);
    for (const kind of kinds) expect(ledger[kind], kind).toBeGreaterThan(0);
    const values = Object.values(ledger).flatMap((records) => [records, (records / sum("read")) * 100]);
    expectClose(numbersOf(shown.panels["ledger"]?.[0]), [...values, 0, 0], "ledger");
    expect(await page.locator(".verdict").textContent()).toBe("adds up: no record is only logged");

    const lowest = Math.min(...truth.partitions.map(({ watermarkMs }) => watermarkMs));
    const highest = Math.max(...truth.partitions.map(({ watermarkMs }) => watermarkMs));
    const table = shown.panels["watermarks"] ?? [];
    const found = table.map((cells) => numbersOf(cells).slice(0, 5));
    expect(found).toEqual(
      truth.partitions.map(({ watermarkMs, maxEventTimeMs, nextOffset }, partition) => [
        partition,
        watermarkMs,
        maxEventTimeMs,
        (highest - watermarkMs) / 1000,
        nextOffset,
      ]),
    );
    const holding = truth.partitions.flatMap(({ watermarkMs }, at) => (watermarkMs === lowest ? [String(at)] : []));
    expect(await page.locator("[data-holds] .number").allTextContents()).toEqual(holding);
    expect(await page.locator(".explanation").textContent()).toContain(
      `Partition${holding.length > 1 ? "s" : ""} ${holding[0]}`,
    );
  });

  it("are the oracle's late and rejected records, by how much, why and when", async () => {
    const shown = await open("?tab=pipeline-health&range=all");
    const late = recordsWithin(truth, shown, (judgement) =>
      judgement.kind === "late" ? bucketOf(judgement.missedByMs) : undefined,
    );
    expect(shown.panels["late-by-how-much"]?.map(([name, , value]) => [name, value])).toEqual(
      bucketNames.map((name) => [name, [late.get(name) ?? 0]]),
    );
    const reasons = recordsWithin(truth, shown, (judgement) => {
      if (judgement.kind === "quarantined") return "future";
      if (judgement.kind === "refused") return "refused";
      return judgement.kind === "rejected" ? judgement.reason : undefined;
    });
    expect(reasons.size).toBeGreaterThan(5);
    const rejects = (shown.panels["rejects-by-reason"] ?? []).map(([name, , value]) => [name, value]);
    expect(rejects).toEqual(
      [...reasons]
        .toSorted(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
        .map(([name, sum]) => [name, [sum]]),
    );
    const byMinute = recordsWithin(truth, shown, ({ kind }, minuteMs) => `${minuteMs} ${kind}`);
    const found = pointsOf(shown.series["ledger-over-time"] ?? none);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(byMinute));
  });

  it("are what the consumers told of their progress, and how large the database is", async () => {
    // As consumers write them, which run for longer than a test does. Just now: the lag is that of the last minute.
    await query(
      databaseUrl,
      `INSERT INTO tidemark.progress (at, pipeline, topic, partition, consumer, seconds, records, checkpoints, checkpoint_ms_sum,
         checkpoint_ms_max, lag, pauses)
       SELECT now() - step * interval '10 seconds', 'socmed', 'socmed-events', partition, 'test', 10, 100 * partition + step,
         4, 20.5 + step, 9.25 + step, 10 * partition + step, 0
       FROM generate_series(0, 5) AS step, generate_series(0, 1) AS partition`,
    );
    const shown = await open("?tab=pipeline-health&range=5m");
    const told = (await query(databaseUrl, "SELECT * FROM tidemark.pipeline_progress ORDER BY at")).map((row) => ({
      atMs: row["at"] instanceof Date ? row["at"].getTime() : 0,
      partition: Number(row["partition"]),
      seconds: Number(row["seconds"]),
      records: Number(row["records"]),
      checkpoints: Number(row["checkpoints"]),
      sumMs: Number(row["checkpoint_ms_sum"]),
      longestMs: Number(row["checkpoint_ms_max"]),
      lag: Number(row["lag"]),
    }));
    const seen = told.filter(({ atMs }) => atMs >= shown.fromMs && atMs <= shown.toMs);
    const points = [...groupBy(seen, ({ atMs }) => String(Math.floor(atMs / 30_000) * 30_000))].toReversed();
    const perPartition = (rows: typeof told, valueOf: (of: typeof told) => number) =>
      [...groupBy(rows, ({ partition }) => String(partition)).values()].reduce((sum, of) => sum + valueOf(of), 0);
    const total = (rows: typeof told, key: "records" | "seconds" | "sumMs" | "checkpoints") =>
      rows.reduce((sum, row) => sum + row[key], 0);
    const expected = {
      "rows-per-second": points.map(([, rows]) => [
        perPartition(rows, (of) => total(of, "records") / total(of, "seconds")),
      ]),
      "lag-over-time": points.map(([, rows]) => [perPartition(rows, (of) => Math.max(...of.map(({ lag }) => lag)))]),
      "checkpoint-time": points.flatMap(([, rows]) => {
        if (total(rows, "checkpoints") === 0) return [];
        const worked = rows.filter(({ checkpoints }) => checkpoints > 0);
        return [
          [
            Math.max(...worked.map(({ longestMs }) => longestMs)),
            total(worked, "sumMs") / total(worked, "checkpoints"),
          ],
        ];
      }),
    };
    for (const [id, values] of Object.entries(expected)) {
      const found = (shown.series[id]?.rows ?? []).map((cells) => numbersOf(cells).slice(1));
      expect(found.length, id).toBe(values.length);
      for (const [at, row] of values.entries()) expectClose(found[at] ?? [], row, id);
    }
    const recent = told.filter(({ atMs }) => atMs > shown.toMs - 60_000 && atMs <= shown.toMs);
    const lag = perPartition(recent, (of) => of.at(-1)?.lag ?? 0);
    expect(shown.panels["lag-now"]).toEqual([[[lag]]]);
    const [size] = await query(databaseUrl, "SELECT pg_database_size(current_database())::float8 AS bytes");
    const [[[shownSize] = []] = []] = (shown.panels["database-size"] ?? []) as number[][][];
    expect(shownSize).toBeGreaterThan(Number(size?.["bytes"]) * 0.9);
    expect(shownSize).toBeLessThanOrEqual(Number(size?.["bytes"]));
  });
});
