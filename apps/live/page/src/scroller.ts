import { createElement } from "./element.js";

/** What is scrolled where there is no room for it, also with the keyboard. */
export function createScroller(label: string, ...children: readonly Node[]): HTMLElement {
  const attributes = { class: "scroller", tabindex: "0", role: "group", "aria-label": label };
  return createElement("div", attributes, ...children);
}
