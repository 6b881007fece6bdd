import type { Choice, Dashboards } from "../../../src/protocol.js";
import { writeChoice } from "../choice.js";
import { createElement, setAttribute } from "../element.js";
import { followInPlace } from "./choice-link.js";

const shortTitles: Readonly<Record<string, string>> = {
  "social-media-performance": "Performance",
  "pipeline-health": "Pipeline",
};

/** Links to the same choice on the other tab, which work as links too: in a new window, or copied. */
export function createTabs(
  dashboards: Dashboards["dashboards"],
  choose: (change: Partial<Choice>) => void,
): { readonly elements: readonly HTMLElement[]; show(choice: Choice): void } {
  const links = dashboards.map(({ id, title }) => {
    const link = createElement("a", { href: "/", title }, shortTitles[id] ?? title);
    followInPlace(link, () => choose({ tab: id }));
    return { id, link };
  });
  return {
    elements: links.map(({ link }) => link),
    show(choice) {
      for (const { id, link } of links) {
        setAttribute(link, "href", writeChoice({ ...choice, tab: id }));
        setAttribute(link, "aria-current", id === choice.tab ? "page" : undefined);
      }
    },
  };
}
