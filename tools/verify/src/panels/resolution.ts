import type { View } from "@tidemark/panels";
import type { VerdictSize, WindowSize } from "./table-rows.js";

/** How long windows are, in ms. */
export const sizeMs: Readonly<Record<WindowSize, number>> = { "5s": 5_000, "1m": 60_000, "1h": 3_600_000 };

const longestFineMs = 10_800_000;
const longestInMinutesMs = 259_200_000;
const leastIntervalOfHoursMs = 300_000;

const lengthOf = ({ fromMs, toMs }: View) => toMs - fromMs;
const isLong = (view: View) => lengthOf(view) > longestInMinutesMs;

/** The finest windows that a view is shown from. */
export function windowSizeOf(view: View): "5s" | "1m" {
  return lengthOf(view) <= longestFineMs ? "5s" : "1m";
}

/** Whether the hours within a view are taken for their minutes. */
export const isByHour = {
  /** In what has no points. */
  sums: isLong,
  /** In what has points. */
  series: (view: View): boolean => isLong(view) && view.intervalMs >= leastIntervalOfHoursMs,
};

/** Whether a minute or an hour that starts then is one of those that a view is made of. */
export function isPartOf({ fromMs, toMs }: View, byHour: boolean, size: VerdictSize, startMs: number): boolean {
  if (startMs < fromMs || startMs > toMs) return false;
  if (!byHour) return size === "1m";
  const hourMs = sizeMs["1h"];
  const isWithinHours = startMs >= Math.ceil(fromMs / hourMs) * hourMs && startMs < Math.floor(toMs / hourMs) * hourMs;
  return isWithinHours === (size === "1h");
}
