import { formatNumber, levelOf } from "@tidemark/panels/format";
import type { Level, ShownColumn, Threshold, Unit } from "../../src/protocol.js";
import { createElement, setAttribute, setText } from "./element.js";

/** How a number is written and judged. */
export interface NumberFormat {
  readonly unit: Unit;
  readonly decimals: number;
  readonly thresholds?: readonly Threshold[];
}

export function formatOf(column: ShownColumn | undefined): NumberFormat {
  const { unit = "count", decimals = 0, thresholds } = column ?? {};
  return { unit, decimals, ...(thresholds !== undefined && { thresholds }) };
}

/** A mark beside the colour, which not everybody can tell. A good one needs none. */
const marks: Readonly<Record<Level, { readonly sign: string; readonly says: string }>> = {
  neutral: { sign: "", says: "" },
  good: { sign: "", says: "" },
  warning: { sign: "▲", says: "to be watched" },
  bad: { sign: "◆", says: "bad" },
};

/** A number in the page. Its value with all digits is `data-value`; its title has it in full. */
export interface Figure {
  readonly element: HTMLElement;
  show(value: number | null): void;
}

export interface FigureOptions {
  /** A unit that the heading of the column names already is left out. */
  readonly withUnit?: boolean;
  readonly length?: "short" | "full";
  /** Whether it is judged by thresholds; beside a number that is, another one need not be. */
  readonly judged?: boolean;
  /** One more decimal would be noise in a dense table. */
  readonly decimals?: number;
}

export function createFigure(format: NumberFormat, options: FigureOptions = {}): Figure {
  const { withUnit = true, length = "short", judged = true, decimals = format.decimals } = options;
  const number = createElement("span", { class: "number" });
  const unit = createElement("span", { class: "unit" });
  const element = createElement("span", { class: "figure" }, number, ...(withUnit ? [unit] : []));
  const mark = createElement("span", { class: "mark", role: "img" });
  let shown: number | null | undefined;
  return {
    element,
    show(value) {
      if (Object.is(value, shown)) return;
      shown = value;
      const { text, unit: unitText } = formatNumber(value, { unit: format.unit, decimals }, length);
      setText(number, text);
      setText(unit, unitText);
      setAttribute(element, "data-value", value === null ? undefined : String(value));
      const full = formatNumber(value, format, "full");
      const level = judged ? levelOf(value, format.thresholds) : "neutral";
      const { sign, says } = marks[level];
      setAttribute(element, "title", [`${full.text} ${full.unit}`.trim(), says].filter(Boolean).join(", "));
      setAttribute(element, "data-level", level === "neutral" ? undefined : level);
      setText(mark, sign);
      setAttribute(mark, "aria-label", says);
      if (sign === "") mark.remove();
      else if (!mark.isConnected) element.prepend(mark);
    },
  };
}
