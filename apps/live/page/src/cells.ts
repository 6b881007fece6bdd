import type { ShownColumn, ShownRow } from "../../src/protocol.js";
import { createElement, setAttribute, setText } from "./element.js";
import { createFigure, formatOf, type FigureOptions } from "./figure.js";
import type { PlatformColours } from "./platform-colours.js";
import { numberOf, textOf } from "./row.js";
import type { Cell } from "./table.js";
import { formatTime } from "./times.js";

/** The cells that most tables are made of. */

export function textCell(name: string, tag: "td" | "th" = "td"): Cell<ShownRow> {
  const element = createElement(tag, tag === "th" ? { scope: "row" } : {});
  return {
    element,
    show(row) {
      const text = textOf(row, name);
      setText(element, text);
      setAttribute(element, "title", text === "" ? undefined : text);
    },
  };
}

export function figureCell(name: string, column: ShownColumn | undefined, options?: FigureOptions): Cell<ShownRow> {
  const figure = createFigure(formatOf(column), options);
  const element = createElement("td", { class: "numeric" }, figure.element);
  return { element, show: (row) => figure.show(numberOf(row, name)) };
}

/** A time of day, with the day where it isn't `nowMs`'s. */
export function timeCell(name: string, nowMs: () => number): Cell<ShownRow> {
  const element = createElement("td", { class: "numeric" });
  return {
    element,
    show(row) {
      const ms = numberOf(row, name);
      setText(element, ms === null ? "–" : formatTime(ms, nowMs()));
      setAttribute(element, "data-value", ms === null ? undefined : String(ms));
    },
  };
}

/** A platform, as the heading of its row, with its colour. */
export function platformCell(name: string, colours: PlatformColours): Cell<ShownRow> {
  const swatch = createElement("span", { class: "swatch" });
  const label = createElement("span", { class: "name" });
  const element = createElement("th", { scope: "row", class: "platform" }, swatch, label);
  return {
    element,
    show(row) {
      const platform = textOf(row, name);
      setText(label, platform);
      setAttribute(element, "title", platform);
      colours.paint(swatch, platform);
    },
  };
}
