import { createElement, setChildren, setText } from "../element.js";
import { spreadLabels } from "./label-places.js";

export interface EndLabel {
  readonly name: string;
  readonly value: string;
  /** px from the top of the plot. */
  readonly top: number;
}

/** Names and last values at the ends of lines, in the place of a legend. */
export interface EndLabels {
  readonly element: HTMLElement;
  /** `gap` and `height` in px: how far apart labels are at least, and how long the axis is beside which they stand. */
  show(labels: readonly EndLabel[], gap: number, height: number): void;
}

export function createEndLabels(paint: (swatch: Element, name: string) => void): EndLabels {
  const element = createElement("div", { class: "end-labels", "aria-hidden": "true" });
  const lines = new Map<string, { line: HTMLElement; value: HTMLElement; swatch: HTMLElement }>();

  function lineOf(name: string) {
    const known = lines.get(name);
    if (known !== undefined) return known;
    const swatch = createElement("span", { class: "swatch" });
    const value = createElement("span", { class: "value" });
    const line = createElement(
      "div",
      { class: "end-label" },
      swatch,
      createElement("span", { class: "name" }, name),
      value,
    );
    const made = { line, value, swatch };
    lines.set(name, made);
    return made;
  }

  return {
    element,
    show(labels, gap, height) {
      const places = spreadLabels(
        labels.map(({ top }) => top),
        gap,
        height,
      );
      const shown = labels.map((label, at) => {
        const { line, value, swatch } = lineOf(label.name);
        paint(swatch, label.name);
        setText(value, label.value);
        const transform = `translateY(calc(${(places[at] ?? 0).toFixed(1)}px - 50%))`;
        if (line.style.transform !== transform) line.style.transform = transform;
        return line;
      });
      for (const name of lines.keys()) if (!labels.some((label) => label.name === name)) lines.delete(name);
      setChildren(element, shown);
    },
  };
}
