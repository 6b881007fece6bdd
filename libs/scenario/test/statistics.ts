/** How often each value occurs. */
export function countBy<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/**
 * How many of its standard deviations, sqrt(2 k), chi-square with k degrees of freedom is away from its mean, k: for
 * counts that are all alike, over so many values. Values that never came need no count.
 */
export function deviationsFromEven(counts: ReadonlyMap<unknown, number>, values: number): number {
  const wanted = [...counts.values()].reduce((sum, count) => sum + count, 0) / values;
  const missing = (values - counts.size) * wanted;
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - wanted) ** 2 / wanted, missing);
  const freedom = values - 1;
  return Math.abs(chiSquare - freedom) / Math.sqrt(2 * freedom);
}
