import { is } from "drizzle-orm";
import { integer, pgSchema, PgTable, text } from "drizzle-orm/pg-core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { definePipeline, PipelineDefinitionError, sum, tumbling } from "../../src/definition/index.js";
import { definition, orders, orderSchema } from "../orders.js";

type Change = (value: Record<string, unknown>) => unknown;

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
  ["rollups.1.window.size", "90s", "rollups[1].window.size", "a multiple of the first rollup's 60000 ms"],
  ["rollups.0.window.kind", "hopping", "rollups[0].window.kind", '"tumbling"'],
  ["rollups.0.keys.0", "shopp", "rollups[0].keys[0]", "a field of the event"],
  ["rollups.0.keys.0", "discount", "rollups[0].keys[0]", "never null"],
  ["rollups.0.keys", ["shop", "shop"], "rollups[0].keys[1]", "each field once"],
  ["rollups.0.keys", "shop", "rollups[0].keys", "a list of fields"],
  ["rollups.0.aggregates", {}, "rollups[0].aggregates", "one or more aggregates"],
  ["rollups.0.aggregates.cents", { kind: "sum", field: "shop" }, "rollups[0].aggregates.cents.field", "a number field"],
  ["rollups.0.aggregates.cents", { kind: "sum", field: "cent" }, "rollups[0].aggregates.cents.field", "orderNo, shop"],
  ["rollups.0.aggregates.cents", { kind: "median", field: "cents" }, "rollups[0].aggregates.cents.kind", '"count"'],
  ["rollups.0.aggregates.shop", { kind: "count" }, "rollups[0].aggregates's name", "is not taken"],
  ["rollups.0.aggregates.cents_mean_sum", { kind: "count" }, "rollups[0].aggregates's name", "is not taken"],
  ["rollups.0.aggregates.closed", { kind: "count" }, "rollups[0].aggregates's name", "is not taken"],
  ["tables.schema", "", "tables.schema", "an identifier"],
  ["tables.partitionBy", "hour", "tables.partitionBy", '"day" or "none"'],
  ["tables.onConflict", "ignore", "tables.onConflict", '"refuse" or "duplicate"'],
  ["tables.columns", { shop: "offset" }, "tables.columns.shop", "has not taken"],
  ["tables.columns", { shops: "shop" }, "tables.columns.shops", "only orderNo"],
  ["tables.raw", anOrdersTable, "tables.raw", "it has no shop"],
];

function show(value: unknown): string {
  return is(value, PgTable) ? "a table" : (JSON.stringify(value)?.slice(0, 40) ?? String(value));
}

describe("a definition", () => {
  const cases = wrong.map(([path, value, field, allowed]) => ({ path, value, field, allowed, shown: show(value) }));

  it.each(cases)(
    "with $path of $shown is refused, and the message names the field",
    ({ path, value, field, allowed }) => {
      const define: Change = () => definePipeline(withValue(path, value));
      expect(define).toThrow(PipelineDefinitionError);
      expect(define).toThrow(expect.objectContaining({ field, allowed: expect.stringContaining(allowed) }));
      expect(define).toThrow(expect.objectContaining({ message: expect.stringContaining(field) }));
    },
  );

  it("becomes data that survives JSON", () => {
    expect(JSON.parse(JSON.stringify(orders.data))).toEqual(orders.data);
    expect(orders.data).toMatchObject({
      name: "orders",
      id: "orderNo",
      time: { field: "placedAt", unit: "iso" },
      watermarkDelayMs: 120_000,
      allowedLatenessMs: 0,
      maxFutureSkewMs: 60_000,
      tables: { schema: "shop", raw: "orders", late: "orders_late", rejected: "orders_rejected", partitionBy: "day" },
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
    expect(() => definePipeline({ ...definition, time: { field: "cents", unit: "iso" } })).toThrow("time.field");
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
