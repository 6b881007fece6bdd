import { is } from "drizzle-orm";
import { char, integer, pgSchema, PgTable, text, varchar } from "drizzle-orm/pg-core";
import { describe, expect, it } from "vitest";
import { defineEvent } from "@tidemark/schema";
import { z } from "zod";
import {
  definePipeline,
  PipelineDefinitionError,
  sum,
  tumbling,
  withKeyLimit,
  type KeyLimit,
} from "../../src/definition/index.js";
import { definition, orders, orderSchema } from "../orders.js";

type Change = () => unknown;

/** The definition with another value at a path such as `rollups.0.name`. */
function withValue(path: string, value: unknown): never {
  const copy = structuredCloneOf(definition) as Record<string, unknown>;
  const steps = path.split(".");
  const last = steps.pop() as string;
  const parent = steps.reduce<Record<string, unknown>>((at, step) => at[step] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy as never;
}

/** Plain objects and lists are copied, anything else is shared. */
function structuredCloneOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structuredCloneOf);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, structuredCloneOf(inner)]));
}

const anOrdersTable = pgSchema("shop").table("orders", { orderNo: text("order_no"), cents: integer("cents") });

const timed = orderSchema.extend({ placedAt: z.int() });
const circle: unknown[] = [];
circle.push(circle);

/** The path to the wrong value, the value, the path that the message names, and a part of what is allowed. */
const wrong: readonly (readonly [path: string, value: unknown, field: string, allowed: string])[] = [
  ["name", "Orders", "name", "lower-case letters"],
  ["name", "", "name", "lower-case letters"],
  ["name", undefined, "name", "lower-case letters"],
  ["name", "a".repeat(41), "name", "1 to 40"],
  ["topic", "orders", "topic", "only name, event"],
  ["event", { orderNo: "text" }, "event", "a zod object"],
  ["event", null, "event", "a zod object"],
  ["event", z.string(), "event", "a zod object"],
  ["id", "orderNumber", "id", "a field of the event (orderNo, shop"],
  ["id", "discount", "id", "never null"],
  ["time.field", "placed", "time.field", "a field of the event"],
  ["time.unit", "minutes", "time.unit", '"s" or "ms" or "us" or "iso"'],
  ["watermark.delay", "5 minutes", "watermark.delay", "such as 5m"],
  ["watermark.delay", 300, "watermark.delay", "a duration"],
  ["watermark.delay", "-5m", "watermark.delay", "a duration"],
  ["watermark.delay", "400d", "watermark.delay", "at most 366d"],
  ["watermark.lateness", "5m", "watermark.lateness", "only delay"],
  ["rates.0.numerator", "shop", "rates[0].numerator", "a number"],
  ["rates.0.denominator", "nothing", "rates[0].denominator", "a field of the event"],
  ["rates.0.name", "cents", "rates[0].name", "a name that no field"],
  ["rates.0.name", "Cents Per Item", "rates[0].name", "lower-case letters"],
  ["rates", "conversion", "rates", "a list of rates"],
  ["rollups", [], "rollups", "one or more rollups"],
  ["rollups", undefined, "rollups", "a list"],
  ["rollups.0.name", "orders", "rollups[0].name", "a name that no other table"],
  ["rollups.1.name", "orders_1m", "rollups[1].name", "a name that no other table"],
  ["rollups.0.window.size", "1 minute", "rollups[0].window.size", "a duration"],
  ["rollups.0.window.size", "0s", "rollups[0].window.size", "more than 0"],
  ["rollups.1.window.size", "90s", "rollups[1].window.size", "a multiple of 1m, the size of the first rollup"],
  ["rollups.0.window.kind", "hopping", "rollups[0].window.kind", '"tumbling"'],
  ["rollups.0.keys.0", "shopp", "rollups[0].keys[0]", "a field of the event"],
  ["rollups.0.keys.0", "discount", "rollups[0].keys[0]", "never null"],
  ["rollups.0.keys", ["shop", "shop"], "rollups[0].keys[1]", "each field once"],
  ["rollups.0.keys", "shop", "rollups[0].keys", "a list of fields"],
  ["rollups.0.keyLimit", 1_000, "rollups[0].keyLimit", "an object"],
  ["rollups.0.keyLimit", { perWindow: 0, beyond: "other" }, "rollups[0].keyLimit.perWindow", "an integer from 1"],
  ["rollups.0.keyLimit", { perWindow: 2.5, beyond: "other" }, "rollups[0].keyLimit.perWindow", "an integer from 1"],
  ["rollups.0.keyLimit", { perWindow: 5 }, "rollups[0].keyLimit.beyond", '"other" or "reject"'],
  ["rollups.0.keyLimit", { perWindow: 5, beyond: "drop" }, "rollups[0].keyLimit.beyond", '"other" or "reject"'],
  ["rollups.0.keyLimit", { perWindow: 5, beyond: "other", per: 1 }, "rollups[0].keyLimit.per", "only perWindow"],
  ["rollups.0.aggregates", {}, "rollups[0].aggregates", "one or more aggregates"],
  ["rollups.0.aggregates.cents", { kind: "sum", field: "shop" }, "rollups[0].aggregates.cents.field", "a number field"],
  ["rollups.0.aggregates.cents", { kind: "sum", field: "cent" }, "rollups[0].aggregates.cents.field", "orderNo, shop"],
  ["rollups.0.aggregates.cents", { kind: "median", field: "cents" }, "rollups[0].aggregates.cents.kind", '"count"'],
  ["rollups.0.aggregates.shop", { kind: "count" }, "rollups[0].aggregates's name", "is not taken"],
  ["rollups.0.aggregates.cents_mean_sum", { kind: "count" }, "rollups[0].aggregates's name", "is not taken"],
  ["rollups.0.aggregates.closed", { kind: "count" }, "rollups[0].aggregates's name", "is not taken"],
  ["tables.schema", "", "tables.schema", "an identifier"],
  ["tables.partitionBy", "hour", "tables.partitionBy", '"day" or "none"'],
  ["tables.rejectedValues", "some", "tables.rejectedValues", '"start" or "whole"'],
  ["tables.onConflict", "ignore", "tables.onConflict", '"refuse" or "duplicate"'],
  ["tables.columns", { shop: "offset" }, "tables.columns.shop", "has not taken"],
  ["tables.columns", { shops: "shop" }, "tables.columns.shops", "only orderNo"],
  ["tables.raw", anOrdersTable, "tables.raw", "it has no shop"],
  ["event", orderSchema.extend({ shop: z.date() }), "event.shop", "a type that JSON and a column can hold"],
  ["event", orderSchema.extend({ shop: z.map(z.string(), z.int()) }), "event.shop", "a type that JSON"],
  ["event", orderSchema.extend({ shop: z.bigint() }), "event.shop", "int64() of @tidemark/schema"],
  ["event", orderSchema.extend({ shop: z.int().min(5).max(4) }), "event.shop", "unlike 5..4"],
  ["event", orderSchema.extend({ shop: z.int().max(4).default(5) }), "event.shop", "unlike 5"],
  ["event", orderSchema.extend({ shop: z.iso.datetime({ precision: -1 }) }), "event.shop", "a precision of 0 or more"],
  ["event", orderSchema.extend({ "7": z.string() }), "event.7", "nor digits alone"],
  ["event", orderSchema.loose(), "event", "z.strictObject, which refuses them"],
  ["event", orderSchema.extend({ placedAt: z.string() }), "time.field", "an integer, or ISO 8601 text"],
  ["event", orderSchema.extend({ placedAt: z.iso.datetime().optional() }), "time.field", "never null or missing"],
  ["event", defineEvent(timed), "time.field", "the field that defineEvent has as its time"],
  ["event", defineEvent(timed, { time: { field: "placedAt", unit: "s" } }), "time.unit", '"s", as defineEvent has it'],
  ["time.unit", "ms", "time.unit", '"iso", as "placedAt" holds ISO 8601 text'],
  ["time", { field: "cents", unit: "iso" }, "time.unit", '"s", "ms" or "us", as "cents" holds integers'],
  ["time", { field: "shop", unit: "ms" }, "time.field", "an integer, or ISO 8601 text"],
  ["time", undefined, "time", "an object"],
  ["watermark", undefined, "watermark", "an object"],
  ["rates.0.numerator", "discount", "rates[0].numerator", "a number field that is never null or missing"],
  ["rates.0.scale", 0, "rates[0].scale", "a finite number above 0"],
  ["rates.0.unit", "percent", "rates[0].scale", "100, as the unit is percent"],
  ["rates.0.unit", " ", "rates[0].unit", "a text that is not blank"],
  ["rates.0.title", undefined, "rates[0].title", "a text that is not blank"],
  ["rollups.0", null, "rollups[0]", "an object"],
  ["rollups.0.aggregates.cents", () => 1, "rollups[0].aggregates.cents", "an object"],
  ["rollups.0.aggregates.cents", 5n, "rollups[0].aggregates.cents", "an object"],
  ["rollups.0.window.size", circle, "rollups[0].window.size", "a duration"],
];

function show(value: unknown): string {
  if (is(value, PgTable)) return "a table";
  if (value === circle || typeof value === "bigint") return typeof value;
  return (value instanceof z.ZodType ? "a schema" : JSON.stringify(value)?.slice(0, 40)) ?? String(value);
}

/** The message of a refused definition. */
function messageOf(define: Change): string {
  try {
    define();
  } catch (error) {
    if (error instanceof PipelineDefinitionError) return error.message;
    throw error;
  }
  throw new Error("the definition was taken");
}

describe("a definition", () => {
  const cases = wrong.map(([path, value, field, allowed]) => ({ path, value, field, allowed, shown: show(value) }));

  it.each(cases)(
    "with $path of $shown is refused in one sentence, which names the field, the value and what is allowed",
    ({ path, value, field, allowed }) => {
      const define: Change = () => definePipeline(withValue(path, value));
      expect(define).toThrow(PipelineDefinitionError);
      expect(define).toThrow(expect.objectContaining({ field, allowed: expect.stringContaining(allowed) }));
      const message = messageOf(define);
      const sentence =
        /^(?:Pipeline .+?|A pipeline without a name): (?<path>\S+|\S+'s name) is (?<value>.+); allowed: (?<allowed>.+[^.])\.$/;
      expect(sentence.exec(message)?.groups).toMatchObject({ path: field, allowed: expect.stringContaining(allowed) });
      expect(message).not.toMatch(/\.\.(?!\d)/);
      expect(message.match(/\ballowed:/gi)).toHaveLength(1);
      expect(message.length).toBeLessThan(400);
    },
  );

  it("that is none at all is refused", () => {
    for (const none of [undefined, null, 5, "orders", []]) {
      expect(() => definePipeline(none as never)).toThrow(
        /^A pipeline without a name: the definition is .+; allowed: an object\.$/,
      );
    }
  });

  it("is refused with a stack that begins where it is", () => {
    const define: Change = () => definePipeline(withValue("name", "Orders"));
    const stack = expect.stringMatching(/^PipelineDefinitionError: .+\n +at \S+ \(\S*define-pipeline\.test\.ts:/);
    expect(define).toThrow(expect.objectContaining({ stack }));
  });

  it("becomes data that survives JSON", () => {
    expect(JSON.parse(JSON.stringify(orders.data))).toEqual(orders.data);
    expect(orders.data).toMatchObject({
      name: "orders",
      id: "orderNo",
      time: { field: "placedAt", unit: "iso" },
      watermarkDelayMs: 120_000,
      allowedLatenessMs: 0,
      maxFutureSkewMs: 60_000,
      tables: {
        schema: "shop",
        raw: "orders",
        late: "orders_late",
        rejected: "orders_rejected",
        rejectedValues: "start",
        partitionBy: "day",
      },
    });
  });

  it("gives integers exact sums, and rates and doubles sums of doubles", () => {
    const [minutes, hours] = orders.data.rollups;
    expect(minutes?.aggregates["cents"]).toEqual({ kind: "sum", field: "cents", of: "integer" });
    expect(minutes?.aggregates["discount"]).toEqual({ kind: "sum", field: "discount", of: "double" });
    expect(hours?.aggregates["cents_per_item"]).toEqual({ kind: "mean", field: "cents_per_item", of: "double" });
  });

  it("names columns after fields in snake_case, or as it says", () => {
    expect(orders.data.tables.columns["orderNo"]).toEqual({ name: "order_no", type: "text", nullable: false });
    const renamed = definePipeline({ ...definition, tables: { columns: { orderNo: "number" } } });
    expect(renamed.data.tables.columns["orderNo"]?.name).toBe("number");
  });
});

describe("a limit of keys", () => {
  const [minutes, hours] = definition.rollups;
  const other = { perWindow: 1_000, beyond: "other" } as const;
  const limited = (keys: readonly ("shop" | "items")[], keyLimit: KeyLimit) => () =>
    definePipeline({ ...definition, rollups: [{ ...minutes, keys, keyLimit }, hours] });

  it("is part of the data, and absent where it is not given", () => {
    expect(limited(["shop"], other)().data.rollups.map(({ keyLimit }) => keyLimit)).toEqual([other, undefined]);
    expect(JSON.stringify(orders.data)).not.toContain("keyLimit");
  });

  it("that counts others is refused where a key is no text, and one that rejects is not", () => {
    expect(limited(["shop", "items"], other)).toThrow(
      'rollups[0].keyLimit.beyond is "other"; allowed: "reject", as the key items is no text that may read other.',
    );
    expect(limited(["shop", "items"], { ...other, beyond: "reject" })).not.toThrow();
  });

  it("is refused where a rollup has no keys", () => {
    expect(limited([], { ...other, beyond: "reject" })).toThrow("rollups[0].keyLimit is");
  });

  it.each([
    [varchar("shop", { length: 4 }).notNull(), false],
    [varchar("shop", { length: 5 }).notNull(), true],
    [varchar("shop").notNull(), true],
    [char("shop", { length: 40 }).notNull(), false],
  ])("needs a column of the user's own that takes the text", (shop, isTaken) => {
    const raw = pgSchema("shop").table("orders", {
      orderNo: text("order_no"),
      shop,
      cents: integer("cents"),
      items: integer("items"),
      discount: integer("discount"),
      placedAt: text("placed_at"),
      cents_per_item: integer("cents_per_item"),
      topic: text("topic"),
      partition: integer("partition"),
      offset: integer("offset"),
    });
    let refused = "";
    try {
      definePipeline({ ...definition, tables: { raw }, rollups: [{ ...minutes, keyLimit: other }, hours] });
    } catch (error) {
      refused = String(error);
    }
    expect(refused).toContain(isTaken ? "" : "as the key shop is no text that may read other");
    expect(refused === "").toBe(isTaken);
  });

  it("is given to each rollup that has keys by withKeyLimit, which checks it", () => {
    const rollups = [minutes, { ...hours, keys: [] }] as const;
    const pipeline = definePipeline({ ...definition, rollups });
    expect(withKeyLimit(pipeline, other).data.rollups.map(({ keyLimit }) => keyLimit)).toEqual([other, undefined]);
    expect(() => withKeyLimit(pipeline, { ...other, perWindow: -1 })).toThrow("rollups[0].keyLimit.perWindow is -1");
  });
});

describe("a definition that does not compile", () => {
  const rollup = definition.rollups[0];

  it("has a misspelt key", () => {
    // @ts-expect-error "shopp" is no field of the event
    expect(() => definePipeline({ ...definition, rollups: [{ ...rollup, keys: ["shopp"] }] })).toThrow("shopp");
  });

  it("has a sum over a text", () => {
    const aggregates = { sum: sum("shop") };
    // @ts-expect-error "shop" holds text
    expect(() => definePipeline({ ...definition, rollups: [{ ...rollup, aggregates }] })).toThrow("shop");
  });

  it("has a rate of a misspelt field", () => {
    const rates = [{ ...definition.rates[0], numerator: "centss" }] as const;
    // @ts-expect-error "centss" is no field of the event
    expect(() => definePipeline({ ...definition, rates })).toThrow("centss");
  });

  it("reads its time from a number as ISO text", () => {
    // @ts-expect-error "cents" holds a number
    expect(() => definePipeline({ ...definition, time: { field: "cents", unit: "iso" } })).toThrow("time.unit");
  });

  it("has an id that may be null", () => {
    // @ts-expect-error "discount" may be null
    expect(() => definePipeline({ ...definition, id: "discount" })).toThrow("discount");
  });

  it("has a duration without a unit", () => {
    // @ts-expect-error "5" is no duration
    expect(() => definePipeline({ ...definition, event: orderSchema, watermark: { delay: "5" } })).toThrow("delay");
    // @ts-expect-error "1 minute" is no duration
    expect(tumbling("1 minute")).toBeDefined();
  });
});
