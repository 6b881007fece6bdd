import { applyRetention } from "@tidemark/sinks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { definePipeline, rebuildDefinition, tumbling } from "../src/index.js";
import {
  days,
  hours,
  makeCut,
  makeSales,
  minutes,
  rates,
  rebuildBeside,
  run,
  sales,
  startMs,
} from "./rebuilt-sales.js";
import { query, send, startServers, type TestServers } from "./servers.js";

const DAY_MS = 86_400_000;

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const options = { everyMs: 30 * 60_000, isDirty: true, hasDuplicates: true };
const former = definePipeline({ ...sales, rollups: [minutes, hours] });
/** Ten days, of which retention leaves the raw rows, late and rejected ones and minutes of the last three or four. */
const old = { former, first: makeSales(0, 480, options), cut: [200, 230], retentionDays: 3 };
const second = makeSales(480, 560, options);
const fromMs = startMs + 6 * DAY_MS;
const wider = definePipeline({ ...sales, rollups: [minutes, hours, days] });

const rebuild = (next: typeof wider | typeof former, databaseUrl: string, topic: string, more: object = {}) =>
  rebuildDefinition(next as typeof wider, { brokers: [servers.broker.address], databaseUrl, topic, ...more });

describe("tables whose log and oldest raw rows are gone", { timeout: 120_000 }, () => {
  it("keep all windows of former rollups; a new one begins on the day that was accepted", async () => {
    const { databaseUrl, found, expected } = await rebuildBeside(servers, "begun", {
      ...old,
      second,
      next: wider,
      fromMs,
    });
    expect(found).toEqual(expected);
    // Windows of all ten days, of hours; and of none before that day, of days.
    expect(await query(databaseUrl, "SELECT min(window_start) AS at FROM shop.sales_1h")).toEqual([
      { at: new Date(startMs) },
    ]);
    expect(await query(databaseUrl, "SELECT min(window_start) AS at FROM shop.sales_1d")).toEqual([
      { at: new Date(fromMs) },
    ]);
    const notes = await query(
      databaseUrl,
      "SELECT table_name AS name, complete_from AS at, rebuilt FROM tidemark.retention WHERE pipeline = 'sales' ORDER BY 1",
    );
    expect(notes).toEqual(
      ["sales", "sales_1d", "sales_1m", "sales_late", "sales_rejected"].map((name) => ({
        name,
        at: new Date(fromMs),
        rebuilt: false,
      })),
    );
    // Retention goes on where it was, and so does the consumer.
    const { dropped, isDone } = await applyRetention({ databaseUrl, pipeline: wider, days: 3 });
    expect(isDone).toBe(true);
    expect(dropped.map(({ table }) => table)).toContain("sales");
    await send(servers.broker, "begun-cut", makeSales(560, 570, options), 2);
    await run(servers, wider, databaseUrl, "begun-cut");
  });

  it("have a new rate and gone rollups without any choice", async () => {
    const rate = { ...rates[0], name: "half_per_item", scale: 0.5 };
    const next = definePipeline({ ...sales, rates: [...rates, rate], rollups: [minutes, hours] });
    const rateMade = await rebuildBeside(servers, "rate", { ...old, second, next });
    expect(rateMade.found).toEqual(rateMade.expected);
    const { per_item: _, ...fewer } = hours.aggregates;
    const gone = definePipeline({ ...sales, rates: [rate], rollups: [minutes, { ...hours, aggregates: fewer }] });
    const goneMade = await rebuildBeside(servers, "gone", { ...old, second, next: gone });
    expect(goneMade.found).toEqual(goneMade.expected);
  });

  it("have the finest rollup otherwise, whose windows retention has dropped as well", async () => {
    const finest = { ...minutes, aggregates: { ...minutes.aggregates, most: days.aggregates.most } };
    const next = definePipeline({ ...sales, rollups: [finest, hours] });
    const { databaseUrl, found, expected } = await rebuildBeside(servers, "finest", { ...old, second, next, fromMs });
    expect(found).toEqual(expected);
    expect((await applyRetention({ databaseUrl, pipeline: next, days: 3 })).isDone).toBe(true);
    await run(servers, next, databaseUrl, "finest-cut");
  });

  it("get no windows before that day of a partition whose log is whole", async () => {
    const databaseUrl = await makeCut(servers, "mixed", { ...old, cut: [0, 230] });
    expect(await rebuild(wider, databaseUrl, "mixed", { fromMs })).toBe(true);
    const starts = "SELECT partition, min(window_start) AS at FROM shop.sales_1d GROUP BY 1 ORDER BY 1";
    expect(await query(databaseUrl, starts)).toEqual([0, 1].map((partition) => ({ partition, at: new Date(fromMs) })));
    // Its rows are back, and go with the next run of retention.
    const rows = "SELECT count(*)::int AS n FROM shop.sales WHERE at < '2024-02-05Z'";
    expect(await query(databaseUrl, rows)).not.toEqual([{ n: 0 }]);
    expect((await applyRetention({ databaseUrl, pipeline: wider, days: 3 })).isDone).toBe(true);
    expect(await query(databaseUrl, rows)).toEqual([{ n: 0 }]);
    await run(servers, wider, databaseUrl, "mixed");
  });

  it("are refused where a day or a rollup would be other than the log gives it", async () => {
    const databaseUrl = await makeCut(servers, "refused", old);
    const refusal = (next: typeof wider | typeof former, more: object = {}) =>
      rebuild(next, databaseUrl, "refused", more).then(String, ({ message }: Error) => message);
    const before = await query(databaseUrl, "SELECT relname FROM pg_class ORDER BY 1");
    const first = await refusal(wider);
    expect(first).toContain("before 2024-02-07, of which earlier windows of sales_1d would be made: --from 2024-02-07");
    expect(first).toContain("Nothing was changed.");
    expect(await refusal(wider, { fromMs: fromMs - DAY_MS })).toContain("--from 2024-02-07 accepts");
    // A day later is no mistake, as long as no window before it is open.
    const open = await refusal(wider, { fromMs: fromMs + 3 * DAY_MS });
    expect(open).toContain("Windows that begin before 2024-02-10 can still be open in partition 0");
    expect(open).toContain("passed 2024-02-11T00:00:00.000Z, and let retention keep 2 days until then");
    const changed = { ...hours, aggregates: { ...hours.aggregates, most: { ...days.aggregates.most } } };
    expect(await refusal(definePipeline({ ...sales, rollups: [minutes, changed] }) as never, { fromMs })).toMatch(
      /The rollup sales_1h changes, and would lose \d+ rows of windows before 2024-02-07: leave it as it was, and give the changed one another name\./,
    );
    const weeks = { ...days, name: "sales_7d", window: tumbling("7d") };
    expect(
      await refusal(definePipeline({ ...sales, rollups: [minutes, hours, weeks] }) as never, { fromMs }),
    ).toContain("let retention keep 8 days");
    expect(await query(databaseUrl, "SELECT relname FROM pg_class ORDER BY 1")).toEqual(before);
  });
});
