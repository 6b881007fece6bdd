import { createElement } from "./element.js";

export interface Popup {
  readonly element: HTMLDetailsElement;
  readonly summary: HTMLElement;
  readonly body: HTMLElement;
}

/** What opens over the page beside its button, and closes by Escape, by a click elsewhere and when the focus leaves. */
export function createPopup(className: string, summary: HTMLElement, body: HTMLElement): Popup {
  const element = createElement("details", { class: `popup ${className}` }, summary, body);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !element.open) return;
    element.open = false;
    summary.focus();
    event.stopPropagation();
  });
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !element.contains(relatedTarget)) element.open = false;
  });
  element.addEventListener("toggle", () => {
    if (element.open) document.addEventListener("pointerdown", closeOutside);
    else document.removeEventListener("pointerdown", closeOutside);
  });
  function closeOutside({ target }: PointerEvent): void {
    if (target instanceof Node && !element.contains(target)) element.open = false;
  }
  return { element, summary, body };
}
