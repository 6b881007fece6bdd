import { describe, expect, it } from "vitest";
import { createPartitionOracle, type OracleMeasure } from "../../src/oracle/index.js";
import { smallDefinition } from "./small-log.js";

const base = { name: "base", sizeMs: 5_000, keys: [], aggregates: {} };
const withMeasure = (measure: OracleMeasure) => ({ rollups: [{ ...base, aggregates: { measure } }] });

describe("a definition is refused", () => {
  it.each([
    ["without a rollup", { rollups: [] }, "A definition needs a rollup"],
    ["with a base window of 0 ms", { rollups: [{ ...base, sizeMs: 0 }] }, "base: sizeMs must be a multiple"],
    [
      "with a window that cuts base windows in two",
      { rollups: [base, { ...base, name: "odd", sizeMs: 12_500 }] },
      "odd: sizeMs must be a multiple of base's 5000, got 12500.",
    ],
    ["with a delay below 0", { watermarkDelayMs: -1 }, "watermarkDelayMs must be whole ms from 0 on, got -1."],
    ["with half a ms of lateness", { allowedLatenessMs: 0.5 }, "allowedLatenessMs must be whole ms"],
    ["with no skew at all", { maxFutureSkewMs: NaN }, "maxFutureSkewMs must be whole ms"],
    ["with a key that is a number", { rollups: [{ ...base, keys: ["Sales"] }] }, "base: Sales is none of ID, Kota,"],
    ["with a sum of text", withMeasure({ kind: "sum", field: "Kota", of: "double" }), "base: Kota is none of"],
    [
      "with a rate summed as an integer",
      withMeasure({ kind: "sum", field: "bounce_rate", of: "integer" }),
      "base: bounce_rate is none of",
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
