import * as fc from "fast-check";
import { expect, test } from "vitest";
import { NO_EVENT_YET, watermarkOf } from "../src/index.js";
import { SourceClock } from "../src/watermark.js";

test("before any event the watermark is -Infinity", () => {
  expect(watermarkOf(NO_EVENT_YET, 300_000)).toBe(-Infinity);
});

test("the watermark is the highest event time minus the delay, and never falls", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1 }), fc.nat(20), (times, delayMs) => {
      const clock = new SourceClock(delayMs, { maxEventTimeMs: NO_EVENT_YET, givenMs: -Infinity });
      let before = NO_EVENT_YET;
      for (const timeMs of times) {
        clock.observe(timeMs);
        expect(clock.watermarkMs).toBeGreaterThanOrEqual(before);
        before = clock.watermarkMs;
      }
      expect(before).toBe(Math.max(...times) - delayMs);
    }),
  );
});
