import type { Level, NumberColumn, Threshold, Unit } from "./column.js";

/** A number as people read it, its unit apart, so that a page can set the two differently. */
export interface Formatted {
  readonly text: string;
  /** "" where the number needs none. */
  readonly unit: string;
}

/** By their decimals. Kept, since making one takes a hundred times as long as to use it. */
const formats = new Map<number, Intl.NumberFormat>();

/** The thin minus and the decimal point are the same everywhere: figures line up. */
function digits(value: number, decimals: number): string {
  const known = formats.get(decimals);
  if (known !== undefined) return known.format(value);
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  formats.set(decimals, new Intl.NumberFormat("en-US", options));
  return digits(value, decimals);
}

interface Scale {
  readonly from: number;
  readonly by: number;
  readonly unit: string;
}

/** Largest first. "Mil" is what Grafana writes for `short`, and so the deck. */
const scales: Readonly<Partial<Record<Unit, readonly Scale[]>>> = {
  count: [
    { from: 999_995e6, by: 1e12, unit: "Tri" },
    { from: 999_995e3, by: 1e9, unit: "Bil" },
    { from: 999_995, by: 1e6, unit: "Mil" },
  ],
  bytes: [
    { from: 1024 ** 4, by: 1024 ** 4, unit: "TiB" },
    { from: 1024 ** 3, by: 1024 ** 3, unit: "GiB" },
    { from: 1024 ** 2, by: 1024 ** 2, unit: "MiB" },
    { from: 1024, by: 1024, unit: "KiB" },
  ],
};

const plainUnits: Readonly<Record<Unit, string>> = {
  count: "",
  percent: "%",
  milliseconds: "ms",
  seconds: "s",
  bytes: "B",
  "per-second": "/s",
};

/**
 * A value by its column's unit and decimals: 43.59 %, 1.36 Mil, 5,004. In `full`, a large number keeps all its digits. A value that is
 * null has a dash.
 */
export function formatNumber(
  value: number | null,
  { unit, decimals }: Pick<NumberColumn, "unit" | "decimals">,
  length: "short" | "full" = "short",
): Formatted {
  if (value === null) return { text: "–", unit: "" };
  const scale = length === "full" ? undefined : scales[unit]?.find(({ from }) => Math.abs(value) >= from);
  if (scale !== undefined) return { text: digits(value / scale.by, 2), unit: scale.unit };
  return { text: digits(value, unit === "bytes" ? 0 : decimals), unit: plainUnits[unit] };
}

/** How a value is judged by thresholds in ascending order; neutral without any. */
export function levelOf(value: number | null, thresholds: readonly Threshold[] | undefined): Level {
  if (value === null || thresholds === undefined) return "neutral";
  return thresholds.findLast(({ from }) => from === null || value >= from)?.level ?? "neutral";
}
