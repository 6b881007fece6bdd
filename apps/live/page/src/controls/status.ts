import { createElement, setAttribute, setText } from "../element.js";
import { formatClock, formatDay, formatDuration } from "../times.js";
import type { Condition } from "../condition.js";

/** The age of the data, always in sight. It is no live region: it changes every second. */
export function createStatus(): {
  readonly element: HTMLElement;
  show(condition: Condition, ageMs: number | null, committedMs: number | null): void;
} {
  const mark = createElement("span", { class: "lamp", "aria-hidden": "true" });
  const text = createElement("span");
  const element = createElement("p", { class: "status" }, mark, text);
  return {
    element,
    show(condition, ageMs, committedMs) {
      setAttribute(element, "data-condition", condition);
      setText(text, ageMs === null ? words[condition] : `${words[condition]}, ${formatDuration(ageMs)}`);
      const title =
        committedMs === null
          ? undefined
          : `The newest checkpoint was committed ${formatDay(committedMs)} ${formatClock(committedMs)} UTC`;
      setAttribute(element, "title", title);
    },
  };
}

const words: Readonly<Record<Condition, string>> = {
  connecting: "connecting",
  empty: "no data",
  live: "live",
  stopped: "stopped",
  "database-away": "no database",
  "server-away": "no server",
};
