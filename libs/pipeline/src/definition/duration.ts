const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const shape = /^(\d{1,12})(ms|s|m|h|d)$/;
const longestMs = 366 * unitsMs.d;

/** Such as `5m`, `90s`, `250ms`, `1h` or `2d`. */
export type Duration = `${number}${keyof typeof unitsMs}`;

/** A duration in ms, up to 366 days; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = shape.exec(text.trim()) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const ms = Number(amount) * unitsMs[unit as keyof typeof unitsMs];
  return ms <= longestMs ? ms : undefined;
}
