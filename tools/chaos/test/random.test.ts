import { describe, expect, it } from "vitest";
import { createRandom } from "../src/random.js";

const numbersOf = (seed: number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: 1_000 }, () => random.between(3, 6));
};

describe("random numbers", () => {
  it("depend on the seed alone, on all of its bits", () => {
    expect(numbersOf(7)).toEqual(numbersOf(7));
    for (const other of [8, 7 + 2 ** 32, 7 + 2 ** 52]) expect(numbersOf(other)).not.toEqual(numbersOf(7));
  });

  it("reach both ends of their range, and nothing beyond", () => {
    expect([...new Set(numbersOf(1))].toSorted()).toEqual([3, 4, 5, 6]);
    expect(createRandom(1).between(9, 9)).toBe(9);
  });

  it("shuffle without losing or doubling", () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    const shuffled = createRandom(3).shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
  });
});
