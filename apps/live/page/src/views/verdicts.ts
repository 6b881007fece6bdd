import { setAttribute } from "../element.js";
import type { Stroke } from "../chart/plot.js";

/** Hues of the palette; no platform is shown beside them. */
export const verdictHues: Readonly<Record<string, number>> = {
  counted: 2,
  duplicate: 1,
  late: 5,
  quarantined: 4,
  rejected: 3,
};

export function verdictStroke(verdict: string): Stroke {
  const hue = verdictHues[verdict];
  return hue === undefined ? "second-ink" : { hue, dash: 0 };
}

export function paintVerdict(swatch: Element, verdict: string): void {
  setAttribute(swatch, "data-hue", String(verdictHues[verdict] ?? 0));
}
