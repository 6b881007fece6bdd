import { createElement } from "../element.js";
import type { Panels, Surroundings, View } from "../shown.js";
import { createPlain } from "../views/plain.js";

/** A tab that has no layout of its own. */
export function createPlainTab(panels: Panels, surroundings: Surroundings): View {
  const views = panels.rest.map((panel) => createPlain(panel, surroundings));
  const element = createElement("div", { class: "grid plain" }, ...views.map((view) => view.element));
  return {
    element,
    show(shown) {
      for (const view of views) view.show(shown);
    },
  };
}
