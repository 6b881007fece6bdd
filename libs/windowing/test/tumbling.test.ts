import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_TIME_MS, windowEnd, windowIndex, windowStart } from "../src/index.js";

test("windows are half-open: the end belongs to the next one", () => {
  expect([0, 4999, 5000].map((timeMs) => windowStart(timeMs, 5000))).toEqual([0, 0, 5000]);
  expect([0, 4999, 5000].map((timeMs) => windowEnd(timeMs, 5000))).toEqual([5000, 5000, 10_000]);
});

test("negative times are floored, not truncated", () => {
  expect([-1, -5000, -5001].map((timeMs) => windowStart(timeMs, 5000))).toEqual([-5000, -5000, -10_000]);
});

test("time -0 lies in window 0, not -0", () => {
  expect(Object.is(windowIndex(-0, 5000), 0)).toBe(true);
});

test("the window of any time that is allowed is exact", () => {
  const extremes = fc.oneof(
    fc.integer({ min: -MAX_TIME_MS, max: MAX_TIME_MS }),
    fc.integer({ min: -100, max: 100 }),
    fc.integer({ min: MAX_TIME_MS - 100, max: MAX_TIME_MS }),
    fc.integer({ min: -MAX_TIME_MS, max: 100 - MAX_TIME_MS }),
  );
  const sizes = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 1e14 }));
  fc.assert(
    fc.property(extremes, sizes, (timeMs, sizeMs) => {
      const [time, size] = [BigInt(timeMs), BigInt(sizeMs)];
      const start = time - (((time % size) + size) % size);
      expect(BigInt(windowStart(timeMs, sizeMs))).toBe(start);
      expect(BigInt(windowEnd(timeMs, sizeMs))).toBe(start + size);
    }),
    { numRuns: 2000 },
  );
});
