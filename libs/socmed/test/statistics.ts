/** The mean of some numbers; NaN of none. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How often each value occurs. */
export function countBy<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/**
 * How many of its standard deviations, sqrt(2 k), chi-square with k degrees of freedom is away from its mean, k: for
 * counts beside those that were expected.
 */
export function deviationsFrom(expected: ReadonlyMap<unknown, number>, counts: ReadonlyMap<unknown, number>): number {
  let chiSquare = 0;
  for (const [value, wanted] of expected) chiSquare += ((counts.get(value) ?? 0) - wanted) ** 2 / wanted;
  const freedom = expected.size - 1;
  return Math.abs(chiSquare - freedom) / Math.sqrt(2 * freedom);
}

/** `deviationsFrom` counts that are all alike, over so many values. */
export function deviationsFromEven(counts: ReadonlyMap<unknown, number>, values: number): number {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const expected = new Map<unknown, number>([...counts.keys()].map((value) => [value, total / values]));
  // Values that never came; their names don't matter.
  while (expected.size < values) expected.set(Symbol("missing"), total / values);
  return deviationsFrom(expected, counts);
}
