import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CheckpointLimit } from "../src/checkpoint-limit.js";

const top = { records: 10_000, bytes: 1_000_000 };
const quickMs = 10;
const slowMs = 7_000;

describe("the limit of a checkpoint", () => {
  it("becomes half of a checkpoint that was too large, down to one record", () => {
    const limit = new CheckpointLimit(top);
    limit.onOversized({ records: 3_001, bytes: 400_000 });
    expect(limit).toMatchObject({ records: 1_500, bytes: 200_000 });
    for (let tries = 0; tries < 20; tries += 1) limit.onOversized({ records: limit.records, bytes: limit.bytes });
    expect(limit).toMatchObject({ records: 1, bytes: 1 });
  });

  it("begins small, and doubles with each quick commit that was full, up to the most", () => {
    const limit = new CheckpointLimit({ records: 50_000, bytes: 8_388_608 });
    const sizes = [limit.records];
    for (let commits = 0; commits < 4; commits += 1) {
      limit.onCommitted({ records: limit.records, bytes: 0 }, quickMs);
      sizes.push(limit.records);
    }
    expect(sizes).toEqual([10_000, 20_000, 40_000, 50_000, 50_000]);
  });

  it("grows by a quarter once one was divided, after quick commits that held at least half of it, up to the most", () => {
    const limit = new CheckpointLimit(top);
    limit.onOversized({ records: 8, bytes: 800 });
    limit.onCommitted({ records: 2, bytes: 200 }, quickMs);
    expect(limit).toMatchObject({ records: 5, bytes: 500 });
    limit.onCommitted({ records: 1, bytes: 100 }, quickMs);
    expect(limit.records).toBe(5);
    for (let commits = 0; commits < 100; commits += 1)
      limit.onCommitted({ records: limit.records, bytes: limit.bytes }, quickMs);
    expect(limit).toMatchObject(top);
  });

  it("lets what the next checkpoint may hold be gathered during a commit, where the last one was quick", () => {
    const limit = new CheckpointLimit({ records: 50_000, bytes: 8_388_608 });
    const full = () => ({ records: limit.records, bytes: limit.bytes });
    expect(limit.ahead).toMatchObject(full());
    limit.onCommitted(full(), quickMs);
    expect(full().records).toBe(20_000);
    const { records, bytes } = limit.ahead;
    limit.onCommitted(full(), quickMs);
    expect({ records, bytes }).toEqual(full());
    limit.onCommitted(full(), slowMs);
    expect(limit.ahead).toMatchObject(full());
    limit.onCommitted(full(), quickMs);
    expect(limit.ahead.records).toBe(50_000);
    limit.onOversized(full());
    expect(limit.ahead).toMatchObject(full());
  });

  it("never grows by a slow commit, and always shrinks by one that was too large", () => {
    const extents = fc.record({ records: fc.integer({ min: 2, max: 20_000 }), bytes: fc.nat(2_000_000) });
    const steps = fc.array(fc.tuple(extents, fc.constantFrom<"oversized" | number>("oversized", slowMs, quickMs)), {
      maxLength: 50,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const limit = new CheckpointLimit(top);
        let wasOversized = false;
        for (const [extent, outcome] of all) {
          const before = { records: limit.records };
          wasOversized ||= outcome === "oversized";
          if (typeof outcome === "string") limit.onOversized(extent);
          else limit.onCommitted(extent, outcome);
          const most = {
            oversized: Math.max(extent.records / 2, 1),
            [slowMs]: before.records,
            [quickMs]: before.records * (wasOversized ? 1.25 : 2) + 1,
          }[outcome];
          expect(limit.records).toBeLessThanOrEqual(most ?? 0);
          expect(limit.records).toBeGreaterThanOrEqual(1);
          expect(limit.records).toBeLessThanOrEqual(top.records);
          expect(limit.bytes).toBeLessThanOrEqual(top.bytes);
        }
      }),
    );
  });
});
