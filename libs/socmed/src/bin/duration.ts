const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const shape = /^(\d{1,12})(ms|s|m|h|d)$/;
const longestMs = 366 * unitsMs.d;

/** `5m`, `90s`, `250ms`, `1h`, `2d` in ms, up to 366 days, as the consumer takes them; undefined where the text is none. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = shape.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const ms = Number(amount) * unitsMs[unit as keyof typeof unitsMs];
  return ms <= longestMs ? ms : undefined;
}
