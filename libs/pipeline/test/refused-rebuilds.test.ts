import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { definePipeline, rebuildDefinition, tumbling, withIdScope, type Pipeline } from "../src/index.js";
import { cutLog, days, hours, makeCut, makeSales, minutes, sale, sales, startMs } from "./rebuilt-sales.js";
import { query, send, startServers, type TestServers } from "./servers.js";

let servers: TestServers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers.close());

const former = definePipeline({ ...sales, rollups: [minutes, hours] });
const advice = "Leave that as it was, or give the pipeline and its tables other names";

async function refusal(pipeline: Pipeline, databaseUrl: string, topic: string, more: object = {}): Promise<string> {
  const options = { brokers: [servers.broker.address], databaseUrl, topic, ...more };
  return rebuildDefinition(pipeline, options).then(
    () => "not refused",
    ({ message }: Error) => message,
  );
}

const define = (more: object, rollups: readonly object[] = [minutes, hours]): Pipeline =>
  definePipeline({ ...sales, ...more, rollups } as never) as unknown as Pipeline;
const times = (more: object) => define({ watermark: { ...sales.watermark, ...more } });
const fields = (more: object) => define({ event: z.object({ ...sale, ...more }) });
const { note: _, ...withoutNote } = sale;
const limit = { perWindow: 10, beyond: "reject" };

describe("of tables that have late, duplicate, quarantined and rejected records", { timeout: 120_000 }, () => {
  let databaseUrl: string;
  beforeAll(async () => {
    const first = makeSales(0, 300, { isDirty: true, hasDuplicates: true });
    databaseUrl = await makeCut(servers, "dirty", { former, first, cut: [100, 60] });
  }, 60_000);

  it.each([
    ["a larger delay", times({ delay: "20m" }), "late records missed their windows, and could count some of them"],
    ["a smaller delay", times({ delay: "5m" }), "late records missed their windows, and could count some of them"],
    ["more lateness", times({ allowedLateness: "1h" }), "late records missed their windows"],
    ["another base window", define({}, [hours, days]), "late records missed their windows"],
    ["more skew", times({ maxFutureSkew: "2m" }), "records were quarantined, and some of them would not be"],
    ["less skew", times({ maxFutureSkew: "30s" }), "could quarantine events that were counted"],
    ["another id", define({ id: "shop" }), "The definition's id changes"],
    ["no id", define({ id: undefined }), "The definition's id changes"],
    ["ids of the topic", withIdScope(former, "topic") as Pipeline, "The definition's idScope changes"],
    ["conflicts", define({ tables: { schema: "shop", onConflict: "duplicate" } }), "tables.onConflict changes"],
    ["a narrower field", fields({ cents: z.int().min(0).max(300) }), "The field cents changes its type or its limits"],
    [
      "a gone field",
      define({ event: z.object(withoutNote) }),
      "records were rejected: only the log tells which of them",
    ],
    ["a field that must be there", fields({ size: z.int() }), "The new field size must not be missing"],
    ["a field that may be missing", fields({ size: z.int().optional() }), "--absent size says that none had it"],
    ["a limit that rejects", define({}, [minutes, { ...hours, keyLimit: limit }]), "gets a limit of keys that rejects"],
  ])("%s is refused by its reason", async (name, pipeline, reason) => {
    const message = await refusal(pipeline, databaseUrl, "dirty");
    expect(message, name).toContain(reason);
    expect(message).toContain(advice);
    expect(message).toContain("The log of dirty[0] begins at offset 100, and its tables at 0");
    expect(message).toContain("Nothing was changed.");
  });

  it("a figure beyond what Postgres computes is refused", async () => {
    const huge = { name: "huge", title: "Huge", numerator: "cents", denominator: "items", scale: 1e308, unit: "x" };
    expect(await refusal(define({ rates: [...sales.rates, huge] }), databaseUrl, "dirty")).toContain(
      "lies outside of what Postgres can compute",
    );
    expect(await query(databaseUrl, "SELECT FROM tidemark.tables WHERE pipeline = 'sales.next'")).toEqual([]);
  });

  it("a sum beyond what JavaScript's numbers hold is refused", async () => {
    const large = { partition: 0, timestampMs: startMs, value: "" };
    const first = [1, 2].map((id) => {
      const value = { id: `${id}`, shop: "Aarhus", cents: 2 ** 52 + 2 ** 51, items: 1, weight: 1, at: startMs };
      return { ...large, value: JSON.stringify(value) };
    });
    const counting = define({}, [{ ...minutes, aggregates: { sales: minutes.aggregates.sales } }]);
    const other = await makeCut(servers, "sums", { former: counting, first, cut: [1, 0] });
    expect(await refusal(define({}, [minutes]), other, "sums")).toContain(
      "sales_1m.cents would hold a sum beyond 2^53",
    );
  });

  it("whole rejected values are not refused, since none was cut", async () => {
    const pipeline = define({ tables: { schema: "shop", rejectedValues: "whole" } });
    expect(await refusal(pipeline, databaseUrl, "dirty")).toBe("not refused");
  });
});

describe("of tables without late records", { timeout: 120_000 }, () => {
  it("a smaller delay is refused by the number of events that it makes late", async () => {
    const databaseUrl = await makeCut(servers, "clean", { former, first: makeSales(0, 300), cut: [100, 60] });
    // Events that are behind by up to two minutes come every 20 s, in windows of one minute.
    const everyMs = 20_000;
    expect(await refusal(times({ delay: "0s" }), databaseUrl, "clean")).toBe("not refused");
    const closer = await makeCut(servers, "closer", { former, first: makeSales(0, 300, { everyMs }), cut: [100, 60] });
    expect(await refusal(times({ delay: "0s" }), closer, "closer")).toMatch(/would have made \d+ events late/);
    await query(closer, 'DELETE FROM shop.sales WHERE "offset" < 3 AND partition = 0');
    expect(await refusal(define({}, [minutes, hours, days]), closer, "closer")).toContain(
      "sales lacks 3 rows of records that were counted, and retention has dropped 0: somebody else has changed the table.",
    );
  });

  it("another delay is refused where ids came again, or duplicates would be counted", async () => {
    const at = startMs;
    const again = (minute: number, id: string) => ({
      partition: 0,
      timestampMs: at + minute * 60_000,
      value: JSON.stringify({ id, shop: "Aarhus", cents: 1, items: 1, weight: 1, at: at + minute * 60_000 }),
    });
    const first = [again(0, "a"), again(30, "b"), again(31, "a"), ...makeSales(100, 140)];
    const databaseUrl = await makeCut(servers, "again", { former, first, cut: [2, 0] });
    expect(await refusal(times({ delay: "1h" }), databaseUrl, "again")).toContain(
      "would have made 1 events duplicates that were counted",
    );
    // A little more does not reach back so far.
    expect(await refusal(times({ delay: "11m" }), databaseUrl, "again")).toBe("not refused");
    const twice = [again(0, "a"), again(1, "a"), ...makeSales(100, 140)];
    const other = await makeCut(servers, "twice", { former, first: twice, cut: [1, 0] });
    expect(await refusal(times({ delay: "5m" }), other, "twice")).toContain(
      "could count some of the 1 records that were duplicates: only the log has them",
    );
  });

  it("another delay is refused where retention has dropped the rows that would tell", async () => {
    const first = makeSales(0, 200, { everyMs: 30 * 60_000 });
    const databaseUrl = await makeCut(servers, "dropped", { former, first, cut: [90, 90], retentionDays: 1 });
    expect(await refusal(times({ delay: "20m" }), databaseUrl, "dropped")).toContain(
      "could make duplicates of events whose raw rows retention has dropped",
    );
    expect(await refusal(times({ delay: "5m" }), databaseUrl, "dropped")).toContain(
      "could make late or duplicate records of events whose raw rows retention has dropped",
    );
  });

  it("another delay is refused where a limit of keys has rejected records, or ids are those of the topic", async () => {
    const limited = define({}, [minutes, { ...hours, keyLimit: { perWindow: 2, beyond: "reject" } }]);
    const first = makeSales(0, 100);
    const databaseUrl = await makeCut(servers, "limited", { former: limited, first, cut: [10, 0] });
    const slower = define({ watermark: { ...sales.watermark, delay: "20m" } }, [
      minutes,
      { ...hours, keyLimit: { perWindow: 2, beyond: "reject" } },
    ]);
    expect(await refusal(slower, databaseUrl, "limited")).toContain("which records a limit of keys rejects");
    expect(await refusal(former as unknown as Pipeline, databaseUrl, "limited")).toContain(
      "The rollup sales_1h had a limit of keys that rejects records",
    );
    const ofTopic = withIdScope(former, "topic");
    const other = await makeCut(servers, "topic-ids", { former: ofTopic, first, cut: [10, 0] });
    expect(await refusal(withIdScope(times({ delay: "20m" }), "topic"), other, "topic-ids")).toContain(
      "duplicates of those in other partitions",
    );
    expect(
      await refusal(withIdScope(times({ delay: "5m", allowedLateness: "5m" }), "topic"), other, "topic-ids"),
    ).toContain("until when ids are taken");
  });

  it("a new field is refused that a record has which the log still has", async () => {
    const more = { more: { size: 3 } };
    const first = [...makeSales(0, 40), ...makeSales(40, 41, more), ...makeSales(41, 60), ...makeSales(60, 70, more)];
    const databaseUrl = await makeCut(servers, "present", { former, first, cut: [10, 10] });
    const optional = fields({ size: z.int().optional() });
    const names = await query(databaseUrl, "SELECT relname FROM pg_class WHERE relname LIKE 'sales%' ORDER BY 1");
    const refused = await refusal(optional, databaseUrl, "present", { absent: ["size"] });
    expect(refused).toContain("The record at offset 20 of present[0] has the field size");
    expect(refused).toContain("The record at offset 30 of present[1] has the field size");
    expect(await query(databaseUrl, "SELECT relname FROM pg_class WHERE relname LIKE 'sales%' ORDER BY 1")).toEqual(
      names,
    );
    // A value that is the default is no other one, and one that does not fit is.
    const defaulted = fields({ size: z.int().default(3) });
    expect(
      await refusal(fields({ size: z.string().optional() }), databaseUrl, "present", { absent: ["size"] }),
    ).toContain("has the field size");
    expect(await refusal(defaulted, databaseUrl, "present", { absent: ["size"] })).toBe("not refused");
    expect(await query(databaseUrl, "SELECT count(*)::int AS n, min(size)::int AS size FROM shop.sales")).toEqual([
      { n: 70, size: 3 },
    ]);
  });

  it("records that were deleted before they were read, and cut values are refused", async () => {
    const own = define({ tables: { schema: "shop", verdicts: { minutely: "m", hourly: "h" } } });
    const long = { partition: 0, timestampMs: startMs, value: "x".repeat(5_000) };
    const first = [long, ...makeSales(0, 20)];
    const databaseUrl = await makeCut(servers, "unread", { former: own, first, cut: [2, 0] });
    const whole = define({ tables: { schema: "shop", rejectedValues: "whole" } });
    expect(await refusal(whole, databaseUrl, "unread")).toContain(
      "1 rejected values were cut: only the log has the whole",
    );
    await send(servers.broker, "unread", makeSales(20, 60), 2);
    await cutLog(servers, "unread", [25, 0]);
    const next = define({}, [minutes, hours, { ...days, window: tumbling("1d") }]);
    expect(await refusal(next, databaseUrl, "unread")).toContain(
      "The log of unread[0] begins at offset 25, and was read up to 11: let the consumer of the former definition go on behind that first (--accept-loss).",
    );
  });
});

it(
  "windows that were merged are neither opened again nor counted by windows that nothing tells",
  { timeout: 60_000 },
  async () => {
    const keyless = { minutes: { ...minutes, keys: [] }, hours: { ...hours, keys: [] } };
    const merging = define({}, [keyless.minutes, keyless.hours]);
    const rebuild = { former: merging, first: makeSales(0, 300), cut: [100, 60], isMerged: true };
    const databaseUrl = await makeCut(servers, "merged", rebuild as never);
    const longer = define({ watermark: { ...sales.watermark, delay: "20m" } }, [keyless.minutes, keyless.hours]);
    expect(await refusal(longer, databaseUrl, "merged")).toContain("would be open again with a longer delay");
    const other = define({}, [keyless.minutes, keyless.hours, { ...days, window: tumbling("90m") }]);
    expect(await refusal(other, databaseUrl, "merged")).toContain("no longer known by other windows");
  },
);
