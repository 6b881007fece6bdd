import type { Ledger } from "../../../src/protocol.js";
import type { Stroke } from "../chart/plot.js";
import { setAttribute } from "../element.js";

/** What becomes of a record that is read: the parts of the ledger, in the order in which it is shown. */
export const outcomes = [
  "counted",
  "duplicate",
  "late",
  "quarantined",
  "rejected",
  "refused",
] as const satisfies readonly (keyof Ledger)[];

/** Hues of the palette; no platform is shown beside them. Whatever has none, as refused records, is in the second ink. */
const hues: Readonly<Record<string, number>> = {
  counted: 2,
  duplicate: 1,
  late: 5,
  quarantined: 4,
  rejected: 3,
};

export function verdictStroke(verdict: string): Stroke {
  const hue = hues[verdict];
  return hue === undefined ? "second-ink" : { hue, dash: 0 };
}

/** Gives a swatch or a bar the colour of `verdictStroke`. */
export function paintVerdict(swatch: Element, verdict: string): void {
  const hue = hues[verdict];
  swatch.removeAttribute(hue === undefined ? "data-hue" : "data-ink");
  if (hue === undefined) setAttribute(swatch, "data-ink", "second-ink");
  else setAttribute(swatch, "data-hue", String(hue));
}
