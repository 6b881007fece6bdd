import { expect, it } from "vitest";
import { parseDuration } from "../../src/bin/duration.js";

it.each([
  ["5m", 300_000],
  ["0s", 0],
  ["250ms", 250],
  ["1h", 3_600_000],
  ["366d", 31_622_400_000],
])("%s is a duration", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each(["", "5", "m", "-5m", "1.5h", "367d", "5 m", "5M"])("%j is none", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
