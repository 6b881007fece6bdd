import type { View } from "@tidemark/panels";
import type { VerdictSize, WindowSize } from "./table-rows.js";

/** How long windows are, in ms. */
export const sizeMs: Readonly<Record<WindowSize, number>> = { "5s": 5_000, "1m": 60_000, "1h": 3_600_000 };

const longestFineMs = 10_800_000;
/** Views up to so long are shown from minutes, in ms. */
export const longestInMinutesMs = 259_200_000;
const leastIntervalOfHoursMs = 300_000;

const lengthOf = ({ fromMs, toMs }: View) => toMs - fromMs;

/** From which windows a view is shown: 5 s up to three hours, hours beyond three days with points 5 min apart. */
export function windowSizeOf(view: View): WindowSize {
  return lengthOf(view) <= longestFineMs ? "5s" : verdictSizeOf(view);
}

export function verdictSizeOf(view: View): VerdictSize {
  return nameSizeOf(view) === "1h" && view.intervalMs >= leastIntervalOfHoursMs ? "1h" : "1m";
}

/** From which windows the names of a view are listed. */
export function nameSizeOf(view: View): VerdictSize {
  return lengthOf(view) > longestInMinutesMs ? "1h" : "1m";
}
