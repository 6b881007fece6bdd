import { createElement } from "./element.js";

export interface Popup {
  readonly element: HTMLDetailsElement;
  readonly summary: HTMLElement;
  readonly body: HTMLElement;
}

/** What opens over the page beside its button, and closes by Escape, by a click elsewhere and when the focus leaves. */
export function createPopup(className: string, summary: HTMLElement, body: HTMLElement): Popup {
  const element = createElement("details", { class: `popup ${className}` }, summary, body);
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !element.contains(relatedTarget)) element.open = false;
  });
  // Its toggle event comes some time later: a key that is pressed before then would not be heard.
  new MutationObserver(() => {
    if (element.open) {
      document.addEventListener("pointerdown", closeOutside);
      document.addEventListener("keydown", closeByEscape);
    } else {
      document.removeEventListener("pointerdown", closeOutside);
      document.removeEventListener("keydown", closeByEscape);
    }
  }).observe(element, { attributeFilter: ["open"] });
  function closeOutside({ target }: PointerEvent): void {
    if (target instanceof Node && !element.contains(target)) element.open = false;
  }
  /** Heard wherever the focus is: what had it may be gone. */
  function closeByEscape({ key }: KeyboardEvent): void {
    if (key !== "Escape") return;
    element.open = false;
    summary.focus();
  }
  return { element, summary, body };
}
