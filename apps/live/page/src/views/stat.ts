import type { ShownPanel } from "../../../src/protocol.js";
import { createCard, ofPanel } from "../card.js";
import { createElement, setAttribute, setText } from "../element.js";
import { createFigure, formatOf } from "../figure.js";
import { numberOf, textOf } from "../row.js";
import type { Shown, Surroundings, View } from "../shown.js";

export interface StatOptions {
  readonly title: string;
  /** What stands below the number. */
  readonly caption: (shown: Shown) => string;
}

/** One number, large; or where the panel names whose number it is, that name, and the number below it. */
export function createStat(panel: ShownPanel, { title, caption }: StatOptions, { colours }: Surroundings): View {
  const { value = "", name } = panel.show;
  const isNamed = name !== undefined;
  const figure = createFigure(formatOf(panel.columns[value]));
  const swatch = createElement("span", { class: "swatch" });
  const label = createElement("span", { class: "name" });
  const large = createElement("p", { class: "large" }, ...(isNamed ? [swatch, label] : [figure.element]));
  const below = createElement("span");
  const small = createElement("p", { class: "small" }, ...(isNamed ? [figure.element, " ", below] : [below]));
  const body = ofPanel(createElement("div", { class: "stat" }, large, small), panel);
  return {
    element: createCard({ title, about: [panel], className: "stat-card" }, body),
    show(shown) {
      const [row] = shown.rows[panel.id] ?? [];
      figure.show(numberOf(row, value));
      if (isNamed) {
        const text = textOf(row, name);
        setText(label, text === "" ? "–" : text);
        setAttribute(label, "title", text);
        swatch.hidden = text === "";
        if (text !== "") colours.paint(swatch, text);
        figure.element.hidden = row === undefined;
      }
      setText(below, row === undefined ? panel.noData : caption(shown));
    },
  };
}
