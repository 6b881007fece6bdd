import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCurve } from "../src/curve.js";
import type { RateCurve } from "../src/base-scenario.js";

const rate = fc.double({ min: 0.01, max: 5000, noNaN: true });
const seconds = fc.double({ min: 0.5, max: 5000, noNaN: true });

const curves: fc.Arbitrary<RateCurve> = fc.oneof(
  fc.record({ kind: fc.constant("constant" as const), perSecond: rate }),
  fc.record({
    kind: fc.constant("ramp" as const),
    fromPerSecond: fc.oneof(fc.constant(0), rate),
    toPerSecond: rate,
    overSeconds: seconds,
  }),
  fc.record({
    kind: fc.constant("sine" as const),
    perSecond: rate,
    amplitude: fc.double({ min: 0, max: 1, noNaN: true }),
    periodSeconds: seconds,
  }),
  fc
    .tuple(
      fc.array(fc.record({ perSecond: fc.oneof(fc.constant(0), rate), forSeconds: seconds }), { maxLength: 6 }),
      rate,
    )
    .map(([steps, last]) => ({ kind: "steps" as const, steps: [...steps, { perSecond: last, forSeconds: 10 }] })),
  fc
    .tuple(rate, rate, seconds, fc.double({ min: 0.01, max: 0.99, noNaN: true }))
    .map(([perSecond, burstPerSecond, everySeconds, part]) => ({
      kind: "burst" as const,
      perSecond,
      burstPerSecond,
      everySeconds,
      burstSeconds: everySeconds * part,
    })),
);

/** The rate at a time, as each kind is defined. */
function rateAt(curve: RateCurve, at: number): number {
  switch (curve.kind) {
    case "constant":
      return curve.perSecond;
    case "ramp": {
      const part = Math.min(1, at / curve.overSeconds);
      return curve.fromPerSecond + (curve.toPerSecond - curve.fromPerSecond) * part;
    }
    case "sine":
      return curve.perSecond * (1 + curve.amplitude * Math.sin((2 * Math.PI * at) / curve.periodSeconds));
    case "steps": {
      let from = 0;
      for (const { perSecond, forSeconds } of curve.steps) {
        from += forSeconds;
        if (at < from) return perSecond;
      }
      return curve.steps.at(-1)?.perSecond ?? 0;
    }
    case "burst":
      return at % curve.everySeconds < curve.everySeconds - curve.burstSeconds ? curve.perSecond : curve.burstPerSecond;
  }
}

/** Of curves that jump. No step of a sum need meet it: a burst, or what is left of a step at the end, can be shorter. */
function highestRate(curve: RateCurve): number {
  if (curve.kind === "burst") return Math.max(curve.perSecond, curve.burstPerSecond);
  return curve.kind === "steps" ? Math.max(...curve.steps.map(({ perSecond }) => perSecond)) : 0;
}

describe("createCurve", () => {
  it("never goes back, and begins at 0", () => {
    fc.assert(
      fc.property(curves, fc.nat(1_000_000), (given, from) => {
        const curve = createCurve(given);
        // A step of rate 0 at the very start delays the first event.
        expect(curve.offsetMs(0)).toBeGreaterThanOrEqual(0);
        for (let index = from; index < from + 50; index++) {
          expect(curve.offsetMs(index + 1)).toBeGreaterThanOrEqual(curve.offsetMs(index));
        }
      }),
    );
  });

  it("has the number of events in a time that the rate adds up to, summed in small steps", () => {
    fc.assert(
      fc.property(curves, fc.double({ min: 1, max: 2000, noNaN: true }), (given, until) => {
        const steps = 20_000;
        let sum = 0;
        for (let step = 0; step < steps; step++) {
          sum += (rateAt(given, ((step + 0.5) * until) / steps) * until) / steps;
        }
        // Each jump of the rate is missed by at most a step; a sine's 96 straight lines by 0.1 %.
        const jumps =
          given.kind === "steps" ? 7 : given.kind === "burst" ? 2 * Math.ceil(until / given.everySeconds) : 0;
        const bound = 2 + sum * 0.001 + (jumps * highestRate(given) * until) / steps;
        expect(Math.abs(createCurve(given).countBefore(until * 1000) - sum)).toBeLessThan(bound);
      }),
      { numRuns: 60 },
    );
  });

  it("counts the events before a time as their times say", () => {
    fc.assert(
      fc.property(curves, fc.nat(100_000), (given, index) => {
        const curve = createCurve(given);
        const offsetMs = curve.offsetMs(index);
        // Times are rounded to whole ms, in which many events may fall.
        expect(curve.countBefore(offsetMs - 1)).toBeLessThanOrEqual(index + 1);
        expect(curve.countBefore(offsetMs + 1)).toBeGreaterThanOrEqual(index);
      }),
    );
  });

  it("sends nothing while a step's rate is 0", () => {
    const steps = [
      { perSecond: 10, forSeconds: 1 },
      { perSecond: 0, forSeconds: 60 },
      { perSecond: 1, forSeconds: 1 },
    ];
    const curve = createCurve({ kind: "steps", steps });
    expect(Array.from({ length: 13 }, (_, index) => curve.offsetMs(index))).toEqual([
      0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 61_000, 62_000, 63_000,
    ]);
  });

  it("bursts at the end of each period", () => {
    const curve = createCurve({ kind: "burst", perSecond: 1, burstPerSecond: 10, everySeconds: 3, burstSeconds: 1 });
    const offsets = Array.from({ length: 15 }, (_, index) => curve.offsetMs(index));
    expect(offsets).toEqual([0, 1000, 2000, 2100, 2200, 2300, 2400, 2500, 2600, 2700, 2800, 2900, 3000, 4000, 5000]);
  });

  it("rises from nothing by a ramp: the events are the squares of the time", () => {
    const curve = createCurve({ kind: "ramp", fromPerSecond: 0, toPerSecond: 200, overSeconds: 100 });
    for (const second of [1, 10, 50, 99]) expect(curve.offsetMs(second * second)).toBe(second * 1000);
    expect(curve.offsetMs(10_200)).toBe(101_000);
  });
});
