/** The middle of some figures, or the mean of the two in the middle. Throws RangeError without any. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError("No rounds were measured.");
  return (upper + lower) / 2;
}

/** Of those figures that could be measured; undefined without any. */
export function medianOfKnown(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}

/** The smallest of sorted figures that at least this share (0 to 1) of them does not exceed. Throws RangeError without any. */
export function quantile(sorted: readonly number[], share: number): number {
  const found = sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)];
  if (found === undefined) throw new RangeError("Nothing was measured.");
  return found;
}
