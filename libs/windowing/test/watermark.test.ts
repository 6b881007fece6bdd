import * as fc from "fast-check";
import { expect, test } from "vitest";
import { advanceMaxEventTime, NO_EVENT_YET, watermarkOf } from "../src/index.js";

test("before any event the watermark is -Infinity", () => {
  expect(watermarkOf(NO_EVENT_YET, 300_000)).toBe(-Infinity);
});

test("the watermark is the highest event time minus the delay, and never falls", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1 }), fc.nat(20), (times, delayMs) => {
      let maxEventTimeMs = NO_EVENT_YET;
      let before = NO_EVENT_YET;
      for (const timeMs of times) {
        maxEventTimeMs = advanceMaxEventTime(maxEventTimeMs, timeMs);
        const watermarkMs = watermarkOf(maxEventTimeMs, delayMs);
        expect(watermarkMs).toBeGreaterThanOrEqual(before);
        before = watermarkMs;
      }
      expect(before).toBe(Math.max(...times) - delayMs);
    }),
  );
});
