import { describe, expect, it } from "vitest";
import { createPartitionOracle, type OracleAggregate } from "../../src/oracle/index.js";
import { smallDefinition } from "./small-log.js";

const tumbling = (sizeMs: number) => ({ kind: "tumbling", sizeMs }) as const;
const base = { name: "base", window: tumbling(5_000), keys: [], aggregates: {} };
const withMeasure = (measure: OracleAggregate) => ({ rollups: [{ ...base, aggregates: { measure } }] });

describe("a definition is refused", () => {
  it.each([
    ["without a rollup", { rollups: [] }, "A definition needs a rollup"],
    ["with a base window of 0 ms", { rollups: [{ ...base, window: tumbling(0) }] }, "base: sizeMs must be a multiple"],
    [
      "with a window that cuts base windows in two",
      { rollups: [base, { ...base, name: "odd", window: tumbling(12_500) }] },
      "odd: sizeMs must be a multiple of base's 5000, got 12500.",
    ],
    ["with a delay below 0", { watermarkDelayMs: -1 }, "watermarkDelayMs must be whole ms from 0 on, got -1."],
    ["with half a ms of lateness", { allowedLatenessMs: 0.5 }, "allowedLatenessMs must be whole ms"],
    ["with no skew at all", { maxFutureSkewMs: NaN }, "maxFutureSkewMs must be whole ms"],
    ["with a key that events lack", { rollups: [{ ...base, keys: ["item"] }] }, "base: item is none of orderNo, shop,"],
    ["with an id that events lack", { id: "order" }, "id: order is none of orderNo, shop,"],
    [
      "with a time that events lack",
      { time: { field: "at", unit: "s" as const } },
      "time: at is none of orderNo, shop,",
    ],
    [
      "with a rate of text",
      { rates: [{ name: "rate", numerator: "shop", denominator: "views", scale: 1 }] },
      "rate: shop is none of cents,",
    ],
    ["with a sum of text", withMeasure({ kind: "sum", field: "shop", of: "double" }), "base: shop is none of"],
    [
      "with a rate summed as an integer",
      withMeasure({ kind: "sum", field: "left_rate", of: "integer" }),
      "base: left_rate is none of",
    ],
    ["with a field that rows lack", withMeasure({ kind: "count-non-null", field: "rate" }), "base: rate is none of"],
  ])("%s", (_, changes, message) => {
    expect(() => createPartitionOracle({ ...smallDefinition, ...changes })).toThrow(message);
  });
});

it("a definition may hold more than the oracle needs", () => {
  const more = { ...smallDefinition, hash: "abc" };
  expect(() => createPartitionOracle(more)).not.toThrow();
});
