import type { NumberColumn, Unit } from "@tidemark/panels";
import * as units from "@grafana/grafana-foundation-sdk/units";

/** How Grafana writes a number. Without decimals it takes as many as the size of the number needs. */
export interface NumberFormat {
  readonly unit: string;
  readonly decimals?: number;
}

const unitIds: Readonly<Record<Unit, string>> = {
  count: units.LocaleFormat,
  percent: units.Percent,
  milliseconds: units.Milliseconds,
  seconds: units.Seconds,
  bytes: units.BytesIEC,
  "per-second": units.RecordsPerSecond,
};

/**
 * With all digits of a count (5,004), or `short` where a large one has to be read at a glance (1.36 Mil). Grafana has no
 * unit that does the one below a million and the other above.
 */
export function numberFormat(
  { unit, decimals }: Pick<NumberColumn, "unit" | "decimals">,
  length: "full" | "short",
): NumberFormat {
  if (unit === "count" && length === "short") return { unit: units.Short };
  return { unit: unitIds[unit], decimals };
}
