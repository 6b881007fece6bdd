import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFaultPlan } from "../src/fault-plan.js";
import { createFaultsSchema, fault, faultKindsOf, type EngineFaults } from "../src/faults.js";
import { countBy } from "./statistics.js";

const own = { refund: fault("an order of less than nothing", {}) };
const faultKinds = faultKindsOf(Object.keys(own) as (keyof typeof own)[]);
const faultsSchema = createFaultsSchema({ own, reasons: ["not-json"] });

const extras: Readonly<Record<string, object>> = {
  outOfOrder: { delaySeconds: [1, 2] },
  ahead: { aheadSeconds: [1, 2] },
  lateFar: { bySeconds: [1, 2] },
  duplicateAfterARestart: { afterSeconds: [1, 2] },
  future: { bySeconds: [1, 2] },
};

/** Faults of several kinds: parts of 0.9, as shares or as counts. */
const mixes = fc
  .record({
    per: fc.oneof(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 1000 })),
    parts: fc.array(
      fc.record({
        kind: fc.constantFrom(...faultKinds),
        part: fc.double({ min: 0, max: 0.1, noNaN: true }),
        counted: fc.boolean(),
      }),
      { maxLength: 8 },
    ),
  })
  .map(({ per, parts }) =>
    Object.fromEntries([
      ["per", per],
      ...parts.map(({ kind, part, counted }) => {
        const amount = counted ? { count: Math.floor(part * per) } : { share: part };
        return [kind, { ...amount, ...extras[kind] }];
      }),
    ]),
  );

describe("createFaultPlan", () => {
  it("has, of each kind, exactly its share or its count in every whole number of blocks", () => {
    fc.assert(
      fc.property(mixes, fc.nat(), fc.integer({ min: 1, max: 40 }), (mix, seed, blocks) => {
        const parsed = faultsSchema.safeParse(mix);
        // Blocks that are too small are refused.
        fc.pre(parsed.success);
        const faults = parsed.data ?? {};
        const { per = 1000 } = faults;
        const planOf = createFaultPlan(faults, faultKinds, seed);
        const counts = countBy(Array.from({ length: blocks * per }, (_, index) => planOf(index).kind));
        for (const kind of faultKinds) {
          const { share = 0, count } = faults[kind] ?? {};
          const wanted = count === undefined ? share * per * blocks : count * blocks;
          expect(Math.abs((counts.get(kind) ?? 0) - wanted)).toBeLessThan(count === undefined ? 1 : 1e-9);
        }
      }),
    );
  });

  it("has 7 of 100 where the share is 0.07, whatever binary fractions make of it", () => {
    const planOf = createFaultPlan({ per: 100, windowEdge: { share: 0.07 } }, faultKinds, 5);
    for (let block = 0; block < 100; block++) {
      const kinds = Array.from({ length: 100 }, (_, at) => planOf(block * 100 + at).kind);
      expect(kinds.filter((kind) => kind === "windowEdge")).toHaveLength(7);
    }
  });

  it("has 29 of the first 100 where a block is of 2 events and the share is 0.29", () => {
    const planOf = createFaultPlan({ per: 2, windowEdge: { share: 0.29 } }, faultKinds, 5);
    const kinds = Array.from({ length: 100 }, (_, index) => planOf(index).kind);
    expect(kinds.filter((kind) => kind === "windowEdge")).toHaveLength(29);
  });

  it("numbers the faults of a kind: each number is there once", () => {
    const faults: EngineFaults = { per: 50, malformed: { share: 0.13 }, equalTime: { count: 4 } };
    const planOf = createFaultPlan(faults, faultKinds, 9);
    const plans = Array.from({ length: 5000 }, (_, index) => planOf(index));
    for (const kind of ["malformed", "equalTime"] as const) {
      const numbers = plans.filter((plan) => plan.kind === kind).map(({ occurrence }) => occurrence);
      expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, number) => number));
    }
  });

  it("leaves event 0 as an ordinary one, since there is nothing before it", () => {
    for (let seed = 0; seed < 500; seed++) {
      const planOf = createFaultPlan({ per: 10, duplicateAtOnce: { count: 8 } }, faultKinds, seed);
      expect(planOf(0).kind).toBe("ordinary");
    }
  });

  it("differs by seed and by block", () => {
    const where = (seed: number, block: number) => {
      const planOf = createFaultPlan({ windowEdge: { share: 0.5 } }, faultKinds, seed);
      return Array.from({ length: 1000 }, (_, at) => planOf(block * 1000 + at).kind).join();
    };
    expect(new Set([where(1, 1), where(1, 2), where(2, 1), where(2 ** 40 + 1, 1), where(1, 2 ** 33)]).size).toBe(5);
  });
});
