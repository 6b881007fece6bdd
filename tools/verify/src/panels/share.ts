/** Ends of a range, in percent. */
export interface PercentRange {
  readonly low: number;
  readonly high: number;
}

/** The square of the 97.5 % point of the standard normal distribution. */
const zz = 3.841458820694124;

/** So many of so many, in percent; null of none. */
export function percentOf(part: bigint, whole: bigint): number | null {
  return whole === 0n ? null : (100 * Number(part)) / Number(whole);
}

/**
 * Where 95 % of such samples come from: those shares p whose distance from k / n is at most z times their own standard error,
 * (k / n - p)^2 <= z^2 p (1 - p) / n. Its ends are the roots of (n + z^2) p^2 - (2 k + z^2) p + k^2 / n, of which the lower one
 * comes from the product of both. Null where k of n is no share.
 */
export function likelyPercents(k: bigint, n: bigint): PercentRange | null {
  if (n === 0n || k > n) return null;
  const whole = Number(n);
  const part = Number(k);
  const root = Math.sqrt(zz * (zz + (4 * part * Number(n - k)) / whole));
  const high = (2 * part + zz + root) / (2 * (whole + zz));
  const low = ((part / whole) * part) / ((whole + zz) * high);
  return { low: 100 * low, high: 100 * high };
}
