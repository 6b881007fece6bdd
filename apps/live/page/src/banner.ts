import type { Condition } from "./condition.js";
import { createElement, setAttribute, setText } from "./element.js";
import { formatDuration } from "./times.js";

export interface Banner {
  readonly element: HTMLElement;
  /** `refusal` is what the server said, where it said something. */
  show(condition: Condition, ageMs: number | null, refusal?: string): void;
}

/**
 * Says what is wrong, over the line that is there anyway, so that nothing moves. What it is is said to screen readers once;
 * the age of the data, which goes on, isn't.
 */
export function createBanner(): Banner {
  const what = createElement("span", { role: "status" });
  const age = createElement("span", { class: "age", "aria-hidden": "true" });
  const element = createElement("div", { class: "banner", "data-shown": "no" }, what, " ", age);
  return {
    element,
    show(condition, ageMs, refusal) {
      const text =
        condition === "server-away" && refusal !== undefined ? `${refusal} Trying again.` : (texts[condition] ?? "");
      setText(what, text);
      setText(age, text === "" || ageMs === null ? "" : `The newest data is ${formatDuration(ageMs)} old.`);
      setAttribute(element, "data-shown", text === "" ? "no" : condition);
    },
  };
}

const texts: Readonly<Partial<Record<Condition, string>>> = {
  "server-away": "The server of this page does not answer. Trying again; the figures are the last known ones.",
  "database-away": "Postgres does not answer. Trying again; the figures are the last known ones.",
  stopped: "The stream has stopped: no checkpoint comes. This goes on by itself as soon as one does.",
};
