import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wilsonInterval } from "@tidemark/metrics";
import { refundRate } from "./rows.js";

const intervalOf = (refunds: number, orders: number) => wilsonInterval(refundRate, { refunds, orders });

const z = 1.959963984540054;

describe("wilsonInterval", () => {
  // By statsmodels 0.15.0: proportion_confint(successes, trials, method="wilson").
  test.each([
    [364, 835, 40.26633008066926, 46.97798183609882],
    [1, 10, 1.7876213095072924, 40.41500267952385],
    [0, 20, 0, 16.11251580528194],
    [20, 20, 83.88748419471804, 99.99999999999999],
  ])("of %d of %d is %d to %d percent", (successes, trials, low, high) => {
    const interval = intervalOf(successes, trials);
    expect(interval?.low).toBeCloseTo(low, 10);
    expect(interval?.high).toBeCloseTo(high, 10);
  });

  test("is none of nothing, and none where there is more of a part than of its whole", () => {
    expect(intervalOf(0, 0)).toBeNull();
    expect(intervalOf(3, 2)).toBeNull();
  });

  // What defines it: the shares from which what was seen is exactly z standard errors away.
  test("ends where the share seen is z standard errors away", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (trials, part) => {
          const successes = Math.round(trials * part);
          const interval = intervalOf(successes, trials);
          for (const end of [interval?.low, interval?.high]) {
            const share = (end ?? NaN) / 100;
            const away = Math.abs(successes / trials - share);
            expect(away).toBeCloseTo(z * Math.sqrt(Math.max(share * (1 - share), 0) / trials), 6);
          }
        },
      ),
    );
  });
});
