import type { ShownPanel } from "../../../src/protocol.js";
import { createCard } from "../card.js";
import { createElement } from "../element.js";
import type { View } from "../shown.js";
import { createBars } from "./bars.js";
import { createEmptyNote } from "./empty-note.js";

export interface BarsCardOptions {
  readonly title: string;
  readonly note?: string;
  readonly scale: "first" | "longest";
  readonly className: string;
}

export function createBarsCard(panel: ShownPanel, { title, note, scale, className }: BarsCardOptions): View {
  const bars = createBars(panel, title, scale);
  const empty = createEmptyNote(panel);
  const scroller = createElement("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": title });
  scroller.append(bars.element);
  const head = { title, ...(note !== undefined && { note }), about: [panel], className };
  return {
    element: createCard(head, empty.element, scroller),
    show({ rows }) {
      const shown = rows[panel.id] ?? [];
      bars.show(shown);
      empty.show(shown);
      scroller.hidden = shown.length === 0;
    },
  };
}
