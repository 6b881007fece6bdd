import fc from "fast-check";
import { expect, test } from "vitest";
import { createSegmentIndex, type IndexEntry } from "../../src/log/segment-index.js";

test("the last entry at most a value is found in every field, and entries lie 4 KiB apart", () => {
  const step = fc.record({
    bytes: fc.integer({ min: 61, max: 9000 }),
    records: fc.integer({ min: 1, max: 9 }),
    time: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), fc.nat(100_000), (steps, value) => {
      const index = createSegmentIndex();
      const kept: IndexEntry[] = [];
      let next: IndexEntry = { position: 0, offset: 100, maxTimestampBefore: Number.NEGATIVE_INFINITY };
      for (const { bytes, records, time } of steps) {
        index.offer(next);
        if (next.position - (kept.at(-1)?.position ?? -4096) >= 4096) kept.push(next);
        const maxTimestampBefore = Math.max(next.maxTimestampBefore, 0) + time;
        next = { position: next.position + bytes, offset: next.offset + records, maxTimestampBefore };
      }
      for (const [field, wanted] of [
        ["position", value],
        ["offset", value % 500],
        ["maxTimestampBefore", value % 100],
      ] as const) {
        const expected = kept.findLast((entry) => entry[field] <= wanted) ?? kept[0];
        expect(index.lastAtMost(field, wanted).position).toBe(expected?.position ?? 0);
      }
    }),
  );
});
