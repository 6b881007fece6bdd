import type { ShownPanel, ShownRow } from "../../../src/protocol.js";
import { createElement } from "../element.js";

/** Says why a panel shows nothing, in the place of its rows. */
export function createEmptyNote(panel: ShownPanel): {
  readonly element: HTMLElement;
  show(rows: readonly ShownRow[]): void;
} {
  const element = createElement("p", { class: "empty", hidden: "" }, panel.noData);
  return {
    element,
    show(rows) {
      element.hidden = rows.length > 0;
    },
  };
}
