const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 } as const;

/** A duration as a person writes it in a definition, in its largest whole unit: 60000 ms is `1m`, 90000 is `90s`, 0 is `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  const [unit, size] = Object.entries(UNITS_MS).find(([, unitMs]) => ms % unitMs === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}
