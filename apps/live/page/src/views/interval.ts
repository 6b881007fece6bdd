import type { ShownRow } from "../../../src/protocol.js";
import { createElement } from "../element.js";
import { numberOf } from "../row.js";

/** From where to where all bars of a table go, in the unit of its rates. */
export interface Scale {
  readonly from: number;
  readonly to: number;
}

const grain = 5;

/** Ends at multiples of five, so that it seldom moves. */
export function scaleOf(rows: readonly ShownRow[]): Scale {
  const values = rows
    .flatMap((row) => ["low", "high", "mean"].map((name) => numberOf(row, name)))
    .filter((value) => value !== null);
  if (values.length === 0) return { from: 0, to: 100 };
  const from = Math.floor(Math.min(...values) / grain) * grain;
  const to = Math.ceil(Math.max(...values) / grain) * grain;
  return { from, to: to === from ? from + grain : to };
}

export interface IntervalBar {
  readonly element: HTMLElement;
  show(row: ShownRow | undefined, scale: Scale): void;
}

const side = (percent: number): string => `calc((100% - 5px) * ${(percent / 100).toFixed(4)})`;

/** Shows of a bar that is as wide as its track, and 2.5 px wider on both sides, the part from `from` to `to`, in percent. */
export function clipBar({ style }: HTMLElement, from: number, to: number): void {
  const clip = `inset(0px ${side(100 - to)} 0px ${side(from)})`;
  if (style.clipPath !== clip) style.clipPath = clip;
}

/** A bar from `low` to `high`, and a stroke at `mean`. It repeats what stands beside it, and so is hidden from readers. */
export function createIntervalBar(): IntervalBar {
  const bar = createElement("span", { class: "range" });
  const stroke = createElement("span", { class: "stroke" });
  const element = createElement("span", { class: "interval", "aria-hidden": "true" }, bar, stroke);
  return {
    element,
    show(row, { from, to }) {
      const place = (value: number) => Math.max(0, Math.min(1, (value - from) / (to - from))) * 100;
      const [low, high, mean] = [numberOf(row, "low"), numberOf(row, "high"), numberOf(row, "mean")];
      bar.hidden = low === null || high === null;
      stroke.hidden = mean === null;
      if (low !== null && high !== null) clipBar(bar, place(low), place(high));
      const transform = mean === null ? "" : `translateX(${place(mean).toFixed(2)}%)`;
      if (stroke.style.transform !== transform) stroke.style.transform = transform;
    },
  };
}
