import { expect, test } from "vitest";
import { isOpen } from "../src/index.js";
import { aheadBy, missedBy } from "../src/lateness.js";

test("a window closes when its end, with allowed lateness, is at or before the watermark", () => {
  expect(isOpen(1000, 50, 1049)).toBe(true);
  expect(isOpen(1000, 50, 1050)).toBe(false);
  expect(isOpen(1000, 0, -Infinity)).toBe(true);
});

test("an event that comes when its window just closed missed it by 0", () => {
  expect(missedBy(1000, 50, 1050)).toBe(0);
  expect(missedBy(1000, 50, 1057)).toBe(7);
});

test("an event is ahead by what exceeds its arrival and the skew; without an arrival it never is", () => {
  expect(aheadBy(1100, 1000, 60)).toBe(40);
  expect(aheadBy(1060, 1000, 60)).toBe(0);
  expect(aheadBy(1100, -1, 60)).toBe(0);
});
