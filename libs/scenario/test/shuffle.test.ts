import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shuffled } from "../src/shuffle.js";
import { countBy, deviationsFromEven } from "./statistics.js";

describe("shuffled", () => {
  it("sends every position to a place of its own within the size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.integer(), (size, key) => {
        const places = Array.from({ length: size }, (_, position) => shuffled(position, size, key));
        expect(places.toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, place) => place));
      }),
    );
  });

  it("sends a position anywhere as often as anywhere else, key by key", () => {
    for (const position of [0, 499, 999]) {
      const places = Array.from({ length: 100_000 }, (_, key) => shuffled(position, 1000, key));
      expect(deviationsFromEven(countBy(places), 1000)).toBeLessThan(6);
    }
  });

  it("does not keep neighbours together", () => {
    const distances = Array.from(
      { length: 100_000 },
      (_, key) => (shuffled(8, 100, key) - shuffled(7, 100, key) + 100) % 100,
    );
    // 0 can't be: two positions never share a place.
    expect(deviationsFromEven(countBy(distances), 99)).toBeLessThan(6);
  });
});
