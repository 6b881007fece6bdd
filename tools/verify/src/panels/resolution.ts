import type { View } from "@tidemark/panels";
import type { WindowSize } from "./table-rows.js";

/** How long windows are, in ms. */
export const sizeMs: Readonly<Record<WindowSize, number>> = { "5s": 5_000, "1m": 60_000, "1h": 3_600_000 };

const longestFineMs = 10_800_000;
const longestInMinutesMs = 259_200_000;
const leastIntervalOfHoursMs = 300_000;

/** The size of what a view is made of. By the hour, the hours within it stand for their minutes, which are left at both ends. */
export interface Resolution {
  /** Of what has no points. */
  readonly sums: WindowSize;
  /** Of what has points. */
  readonly series: WindowSize;
}

/** What is counted by minute and hour only, and names. */
export function coarseResolutionOf({ fromMs, toMs, intervalMs }: View): Resolution {
  if (toMs - fromMs <= longestInMinutesMs) return { sums: "1m", series: "1m" };
  return { sums: "1h", series: intervalMs >= leastIntervalOfHoursMs ? "1h" : "1m" };
}

/** Windows. */
export function resolutionOf(view: View): Resolution {
  if (view.toMs - view.fromMs <= longestFineMs) return { sums: "5s", series: "5s" };
  return coarseResolutionOf(view);
}

/** Whether a window of this size, that starts then, is one of those that a view of such a resolution is made of. */
export function isPartOf({ fromMs, toMs }: View, resolution: WindowSize, size: WindowSize, startMs: number): boolean {
  if (startMs < fromMs || startMs > toMs) return false;
  if (resolution !== "1h") return size === resolution;
  const hourMs = sizeMs["1h"];
  const isWithinHours = startMs >= Math.ceil(fromMs / hourMs) * hourMs && startMs < Math.floor(toMs / hourMs) * hourMs;
  return size === (isWithinHours ? "1h" : "1m");
}
