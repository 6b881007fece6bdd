import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defineRate, DefinitionError, evaluateRate, rateLabel, type RateDefinition } from "@tidemark/metrics";
import { refundRate, row, shopRates } from "./rows.js";

const perMille = defineRate({
  name: "sales_rate",
  title: "Sales rate",
  numerator: "sales",
  denominator: "page_views",
  scale: 1000,
  unit: "per mille",
});

describe("evaluateRate", () => {
  test("divides first and multiplies then", () => {
    const third = { orders: 744, returns: 0, refunds: 248 };
    expect(evaluateRate(refundRate, third)).toBe(33.33333333333333);
    expect((100 * third.refunds) / third.orders).not.toBe(33.33333333333333);
  });

  test("gives null where the denominator is 0, whatever the numerator", () => {
    expect(evaluateRate(refundRate, { orders: 0, refunds: 0 })).toBeNull();
    expect(evaluateRate(refundRate, { orders: 0, refunds: 5 })).toBeNull();
    expect(evaluateRate(refundRate, { orders: -0, refunds: 5 })).toBeNull();
  });

  test("gives 0 where the numerator is 0, and more than 100 % where the part is larger", () => {
    expect(evaluateRate(refundRate, { orders: 5, refunds: 0 })).toBe(0);
    expect(evaluateRate(refundRate, { orders: 5, refunds: 10 })).toBe(200);
  });

  test("is null exactly where the denominator is 0, and finite and not negative elsewhere", () => {
    fc.assert(
      fc.property(row, fc.constantFrom(...shopRates), (values, rate) => {
        const value = evaluateRate(rate, values);
        expect(value === null).toBe(values[rate.denominator] === 0);
        expect(Number.isFinite(value ?? 0) && (value ?? 0) >= 0).toBe(true);
      }),
    );
  });
});

describe("rateLabel", () => {
  test("names the denominator and the unit", () => {
    expect(rateLabel(refundRate)).toBe("Refund rate (% of orders)");
    expect(rateLabel(perMille)).toBe("Sales rate (per mille of page views)");
    expect(rateLabel({ ...perMille, denominator: "PageViews" })).toBe("Sales rate (per mille of page views)");
  });
});

describe("defineRate", () => {
  test("gives the definition back as frozen data", () => {
    expect(JSON.parse(JSON.stringify(perMille))).toEqual(perMille);
    expect(Object.isFrozen(perMille)).toBe(true);
  });

  test.each<[keyof RateDefinition, unknown]>([
    ["name", ""],
    ["name", "refund rate"],
    ["name", "1st"],
    ["name", 'x"; drop table y; --'],
    ["name", "a".repeat(58)],
    ["numerator", "a-b"],
    ["denominator", "é"],
    ["title", " "],
    ["unit", ""],
    ["scale", 0],
    ["scale", -100],
    ["scale", Number.NaN],
    ["scale", Infinity],
  ])("refuses %s %j, and says so", (property, value) => {
    const define = () => defineRate({ ...perMille, [property]: value });
    expect(define).toThrow(DefinitionError);
    expect(define).toThrow(new RegExp(`^The rate ".*" has ${property} .*: give .+\\.$`));
  });

  test("refuses percent with a scale other than 100", () => {
    expect(() => defineRate({ ...perMille, unit: "percent" })).toThrow(
      "has scale 1000: give 100, as the unit is percent.",
    );
  });
});
