import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { countNonNull, definePipeline, mean, rebuildDefinition, sum, tumbling, withIdScope } from "../src/index.js";
import { days, hours, makeCut, makeSales, minutes, rates, rebuildBeside, run, sale, sales } from "./rebuilt-sales.js";
import { query, send, startServers, type TestServers } from "./servers.js";

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const former = definePipeline({ ...sales, rollups: [minutes, hours] });
const dirty = { isDirty: true, hasDuplicates: true };
const both = { former, first: makeSales(0, 300, dirty), second: makeSales(300, 400, dirty), cut: [100, 60] };

describe("tables whose log has lost records are what the whole log would give", { timeout: 120_000 }, () => {
  it("with rollups more, others, and gone ones", async () => {
    const next = definePipeline({
      ...sales,
      rollups: [
        minutes,
        { ...hours, aggregates: { ...hours.aggregates, cents_sum_2: sum("cents"), noted: countNonNull("note") } },
        days,
        { name: "by_items", window: tumbling("1h"), keys: ["items", "shop"], aggregates: { w: mean("weight") } },
      ],
    });
    const rollupsMade = await rebuildBeside(servers, "rollups", { ...both, next });
    expect(rollupsMade.found).toEqual(rollupsMade.expected);
    const fewer = definePipeline({ ...sales, rollups: [{ ...minutes, aggregates: { cents: sum("cents") } }] });
    const fewerMade = await rebuildBeside(servers, "fewer", { ...both, next: fewer });
    expect(fewerMade.found).toEqual(fewerMade.expected);
  });

  it("where one partition has lost records and the other has all", async () => {
    const next = definePipeline({ ...sales, rollups: [minutes, hours, days] });
    const oneMade = await rebuildBeside(servers, "one", { ...both, cut: [0, 60], next });
    expect(oneMade.found).toEqual(oneMade.expected);
  });

  it("where closed windows of both partitions are one row, with and without larger windows than before", async () => {
    const keyless = { ...days, keys: [] } as const;
    const byHour = { ...hours, keys: [] } as const;
    const merging = definePipeline({ ...sales, rollups: [{ ...minutes, keys: [] }, byHour] });
    const of = { ...both, former: merging, isMerged: true };
    const more = {
      name: "by_items",
      window: tumbling("1h"),
      keys: ["items"],
      aggregates: { w: mean("weight") },
    } as const;
    const next = definePipeline({ ...sales, rollups: [{ ...minutes, keys: [] }, byHour, more] });
    const sameMade = await rebuildBeside(servers, "merged-same", { ...of, cut: [0, 60], next });
    expect(sameMade.found).toEqual(sameMade.expected);
    const larger = definePipeline({ ...sales, rollups: [{ ...minutes, keys: [] }, byHour, keyless] });
    const largerMade = await rebuildBeside(servers, "merged-larger", { ...of, next: larger });
    expect(largerMade.found).toEqual(largerMade.expected);
  });

  it("where such windows count no events", async () => {
    const uncounted = { ...hours, keys: [], aggregates: { cents: sum("cents") } } as const;
    const of = { ...both, former: definePipeline({ ...sales, rollups: [uncounted] }), isMerged: true };
    const more = {
      name: "by_items",
      window: tumbling("1h"),
      keys: ["items"],
      aggregates: { w: mean("weight") },
    } as const;
    const next = definePipeline({ ...sales, rollups: [uncounted, more] });
    const uncountedMade = await rebuildBeside(servers, "merged-uncounted", { ...of, cut: [0, 60], next });
    expect(uncountedMade.found).toEqual(uncountedMade.expected);
  });

  it("where the log has lost all that was read", async () => {
    const next = definePipeline({ ...sales, rollups: [minutes, hours, days] });
    const allMade = await rebuildBeside(servers, "all", { ...both, cut: [150, 150], next });
    expect(allMade.found).toEqual(allMade.expected);
  });

  it("with a rate more and another one, of each row and each window", async () => {
    const perCent = { name: "per_cent", numerator: "items", denominator: "cents", title: "Items" } as const;
    const next = definePipeline({
      ...sales,
      rates: [
        { ...rates[0], scale: 0.3 },
        { ...perCent, unit: "percent", scale: 100 },
      ],
      rollups: [minutes, hours, { ...days, aggregates: { ...days.aggregates, rate: mean("per_cent") } }],
    });
    const ratesMade = await rebuildBeside(servers, "rates", { ...both, next });
    expect(ratesMade.found).toEqual(ratesMade.expected);
  });

  it("with other names of tables and columns, and counts by another window", async () => {
    const tables = {
      schema: "shop",
      raw: "sold",
      late: "sold_late",
      rejected: "sold_rejected",
      verdicts: { minutely: "sold_by_minute", hourly: "sold_by_hour" },
      columns: { cents: "amount", shop: "place" },
      partitionBy: "none",
    } as const;
    const next = definePipeline({ ...sales, tables, rollups: [minutes, { ...hours, name: "sold_1h" }] });
    const namesMade = await rebuildBeside(servers, "names", { ...both, next });
    expect(namesMade.found).toEqual(namesMade.expected);
    const back = { ...both, former: next, next: definePipeline({ ...sales, rollups: [minutes, hours] }) };
    const namesBackMade = await rebuildBeside(servers, "names-back", back);
    expect(namesBackMade.found).toEqual(namesBackMade.expected);
  });

  it("with fields that no record had, and without one", async () => {
    const event = z.object({ ...sale, coupon: z.string().optional(), size: z.int().default(3) });
    const aggregates = { ...days.aggregates, coupons: countNonNull("coupon"), sizes: sum("size") };
    const next = definePipeline({ ...sales, event, rollups: [minutes, hours, { ...days, aggregates }] });
    const more = { ...dirty, more: { coupon: "half", size: 4 } };
    const second = makeSales(300, 400, more);
    const fieldsMade = await rebuildBeside(servers, "fields", { ...both, second, next, absent: ["coupon", "size"] });
    expect(fieldsMade.found).toEqual(fieldsMade.expected);
    const { note: _, ...fewer } = sale;
    const clean = { former, first: makeSales(0, 300), second: makeSales(300, 400), cut: [100, 60] };
    const without = definePipeline({ ...sales, event: z.object(fewer), rollups: [minutes, hours] });
    const fieldLessMade = await rebuildBeside(servers, "field-less", { ...clean, next: without });
    expect(fieldLessMade.found).toEqual(fieldLessMade.expected);
  });

  it("with a limit of keys, whose first ones the rows tell", async () => {
    const keyLimit = { perWindow: 2, beyond: "other" } as const;
    const limited = { ...days, keys: ["shop"], keyLimit } as const;
    const next = definePipeline({ ...sales, rollups: [minutes, hours, limited] });
    const limitMade = await rebuildBeside(servers, "limit", { ...both, next });
    expect(limitMade.found).toEqual(limitMade.expected);
  });

  it("with a larger delay, where nothing was late and no id came again", async () => {
    const watermark = { ...sales.watermark, delay: "20m" } as const;
    const next = definePipeline({ ...sales, watermark, rollups: [minutes, hours] });
    const options = { hasDuplicates: true };
    const clean = { former, first: makeSales(0, 300, options), second: makeSales(300, 400, dirty), cut: [100, 60] };
    const largerMade = await rebuildBeside(servers, "larger", { ...clean, next });
    expect(largerMade.found).toEqual(largerMade.expected);
  });

  it("with a smaller delay, where it would have made nothing late", async () => {
    const watermark = { ...sales.watermark, delay: "5m" } as const;
    const next = definePipeline({ ...sales, watermark, rollups: [minutes, hours, days] });
    const clean = { former, first: makeSales(0, 300), second: makeSales(300, 400, dirty), cut: [100, 60] };
    const smallerMade = await rebuildBeside(servers, "smaller", { ...clean, next });
    expect(smallerMade.found).toEqual(smallerMade.expected);
  });

  it("with a delay that is allowed lateness now, which changes no outcome, though events were late", async () => {
    const watermark = { delay: "4m", allowedLateness: "6m", maxFutureSkew: "1m" } as const;
    const next = definePipeline({ ...sales, watermark, rollups: [minutes, hours] });
    const latenessMade = await rebuildBeside(servers, "lateness", { ...both, next });
    expect(latenessMade.found).toEqual(latenessMade.expected);
  });

  it("with a larger base window, where nothing was late", async () => {
    const next = definePipeline({ ...sales, rollups: [hours, days] });
    const clean = { former, first: makeSales(0, 300), second: makeSales(300, 400, dirty), cut: [100, 60] };
    const baseMade = await rebuildBeside(servers, "base", { ...clean, next });
    expect(baseMade.found).toEqual(baseMade.expected);
  });

  it("where ids are unique over all partitions", async () => {
    const first = makeSales(0, 300, dirty).flatMap((one, at) =>
      at % 9 === 4 ? [one, { ...one, partition: 1 - one.partition }] : [one],
    );
    const ofTopic = withIdScope(former, "topic");
    const next = withIdScope(definePipeline({ ...sales, rollups: [minutes, hours, days] }), "topic");
    const topic = "scope";
    const databaseUrl = await makeCut(servers, topic, { former: ofTopic, first, cut: [0, 60] });
    // Which copy was counted is decided by the order of commits, so that there is no other run to compare with.
    const names = [
      "sales",
      "sales_late",
      "sales_rejected",
      "sales_1m",
      "sales_1h",
      "sales_verdicts_1m",
      "sales_copies",
    ];
    const rowsOf = async () => {
      const tables = names.map((name) => query(databaseUrl, `SELECT t::text AS row FROM shop.${name} t ORDER BY 1`));
      return Promise.all(tables);
    };
    const before = await rowsOf();
    expect(before.every((rows) => rows.length > 0)).toBe(true);
    expect(await rebuildDefinition(next, { brokers: [servers.broker.address], databaseUrl, topic })).toBe(true);
    expect(await rowsOf()).toEqual(before);
    const counted = await query(
      databaseUrl,
      `SELECT partition, date_trunc('day', at, 'UTC') AS window_start, count(*) AS sales, sum(cents) AS cents_sum
       FROM shop.sales GROUP BY 1, 2 ORDER BY 1, 2`,
    );
    const found = await query(
      databaseUrl,
      "SELECT partition, window_start, sales, cents_sum FROM shop.sales_1d ORDER BY 1, 2",
    );
    expect(found).toEqual(counted);
    // Ids that were counted before are taken still, in the other partition too.
    const duplicates = "SELECT sum(duplicate)::int AS n FROM tidemark.checkpoints";
    const [taken] = await query(databaseUrl, duplicates);
    const newest = first.slice(-1).map((one) => ({ ...one, partition: 1 - one.partition }));
    await send(servers.broker, topic, newest, 2);
    await run(servers, next, databaseUrl, topic);
    expect(await query(databaseUrl, duplicates)).toEqual([{ n: Number(taken?.["n"]) + 1 }]);
  });
});
