import { createElement, setText } from "../element.js";

export interface ReadoutLine {
  readonly name: string;
  readonly value: string;
}

/** What a chart says of one point in time, beside that point. */
export interface Readout {
  readonly element: HTMLElement;
  /** `left` in px within the chart, `width` of the chart. */
  show(title: string, lines: readonly ReadoutLine[], left: number, width: number): void;
  hide(): void;
}

export function createReadout(paint: (swatch: Element, name: string) => void): Readout {
  const title = createElement("p");
  const list = createElement("div", { class: "lines" });
  const element = createElement("div", { class: "readout", hidden: "" }, title, list);
  return {
    element,
    show(text, lines, left, width) {
      setText(title, text);
      const rows = lines.map(({ name, value }) => {
        const swatch = createElement("span", { class: "swatch" });
        paint(swatch, name);
        return createElement(
          "div",
          { class: "entry" },
          swatch,
          createElement("span", { class: "name" }, name),
          createElement("span", { class: "value" }, value),
        );
      });
      list.replaceChildren(...rows);
      element.hidden = false;
      const isRight = left > width / 2;
      element.style.left = isRight ? "auto" : `${left + 12}px`;
      element.style.right = isRight ? `${width - left + 12}px` : "auto";
    },
    hide() {
      element.hidden = true;
    },
  };
}
