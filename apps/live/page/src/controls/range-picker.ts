import type { Range } from "../../../src/protocol.js";
import { rangeNames, rangeTitles } from "../choice.js";
import { createElement, hiddenText } from "../element.js";

export function createRangePicker(choose: (range: Range) => void): {
  readonly element: HTMLElement;
  show(range: Range): void;
} {
  const inputs = rangeNames.map((range) => {
    const input = createElement("input", { type: "radio", name: "range", value: range });
    input.addEventListener("change", () => {
      if (input.checked) choose(range);
    });
    const text = createElement("span", {}, rangeTitles[range].short);
    return { range, input, label: createElement("label", {}, input, text) };
  });
  const legend = createElement("legend", { class: "hidden" }, hiddenText("Time range"));
  const element = createElement("fieldset", { class: "ranges" }, legend, ...inputs.map(({ label }) => label));
  return {
    element,
    show(chosen) {
      for (const { range, input } of inputs) input.checked = range === chosen;
    },
  };
}
