const dayMs = 86_400_000;

const unitsMs: Readonly<Record<string, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: dayMs,
  week: 7 * dayMs,
  month: 31 * dayMs,
  year: 12 * 31 * dayMs,
};

/** Spark's words for a duration, as "1 day -2 hours", in ms; null where they are none. A month is 31 days. */
export function sparkDurationMs(words: string): number | null {
  const parts = [...words.matchAll(/(-?\d+) ([a-z]+?)s?(?= |$)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join(" ") !== words.trim()) return null;
  const sum = parts.reduce((total, [, amount, unit = ""]) => total + Number(amount) * (unitsMs[unit] ?? NaN), 0);
  return Number.isNaN(sum) ? null : sum;
}
