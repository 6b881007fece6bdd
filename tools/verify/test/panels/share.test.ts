import { expect, it } from "vitest";
import { likelyPercents, percentOf } from "../../src/panels/share.js";

// R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
it.each([
  [81n, 263n, 25.53, 36.62],
  [15n, 148n, 6.24, 16.05],
  [0n, 20n, 0, 16.11],
  [1n, 29n, 0.61, 17.18],
])("%d of %d lie within the range that is published for them", (k, n, low, high) => {
  const range = likelyPercents(k, n);
  expect(range?.low).toBeCloseTo(low, 2);
  expect(range?.high).toBeCloseTo(high, 2);
});

it("all of them are no more than all, and the range of the others is its mirror image", () => {
  const range = likelyPercents(29n, 29n);
  expect(range?.high).toBeCloseTo(100, 12);
  expect(likelyPercents(28n, 29n)?.low).toBeCloseTo(100 - (likelyPercents(1n, 29n)?.high ?? 0), 12);
});

it("of none, or where the part is larger than the whole, there is no range", () => {
  expect(likelyPercents(0n, 0n)).toBeNull();
  expect(likelyPercents(3n, 2n)).toBeNull();
  expect(percentOf(0n, 0n)).toBeNull();
  expect(percentOf(-1n, 4n)).toBe(-25);
});
