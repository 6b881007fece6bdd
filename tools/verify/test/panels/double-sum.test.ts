import { expect, it } from "vitest";
import { DoubleSum } from "../../src/panels/double-sum.js";

function sumOf(values: readonly number[]): number {
  const sum = new DoubleSum();
  for (const value of values) sum.add(value);
  return sum.value;
}

it("adds up to the same in any order, and loses no small part beside large ones", () => {
  expect(sumOf([1e16, 1, 1, 1, -1e16])).toBe(3);
  expect(sumOf([1, 1e16, -1e16, 1, 1])).toBe(3);
  expect(sumOf(Array.from({ length: 10_000 }, () => 0.1))).toBe(1_000);
});
