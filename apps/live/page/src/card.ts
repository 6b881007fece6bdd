import type { ShownPanel } from "../../src/protocol.js";
import { createElement, hiddenText } from "./element.js";
import { createPopup } from "./popup.js";

export interface CardOptions {
  readonly title: string;
  /** What the figures are, in a few words beside the title. */
  readonly note?: Node | string;
  /** The panels that it shows: their questions and descriptions are a button away. */
  readonly about: readonly ShownPanel[];
  /** More in its heading, at the end. */
  readonly tools?: readonly HTMLElement[];
  readonly className: string;
}

let cards = 0;

export function createCard(options: CardOptions, ...children: readonly HTMLElement[]): HTMLElement {
  const { title, note, about, tools = [], className } = options;
  cards += 1;
  const id = `card-${cards}`;
  const heading = createElement("h2", { id }, title);
  const head = createElement(
    "div",
    { class: "head" },
    heading,
    ...(note === undefined ? [] : [createElement("p", { class: "note" }, note)]),
    createElement("div", { class: "tools" }, ...tools, createAbout(title, about)),
  );
  return createElement("section", { class: `card ${className}`, "aria-labelledby": id }, head, ...children);
}

function createAbout(title: string, panels: readonly ShownPanel[]): HTMLElement {
  const entries = panels.flatMap((panel) => [
    createElement("dt", {}, panel.title),
    createElement("dd", {}, createElement("em", {}, panel.question), ` ${panel.description}`),
  ]);
  const summary = createElement("summary", {}, createElement("span", { "aria-hidden": "true" }, "?"));
  summary.append(hiddenText(`About: ${title}`));
  return createPopup("about", summary, createElement("dl", {}, ...entries)).element;
}

/** Marks the element that shows a panel's rows, so that it can be found. */
export function ofPanel<Of extends HTMLElement>(element: Of, panel: ShownPanel): Of {
  element.dataset["panel"] = panel.id;
  return element;
}
