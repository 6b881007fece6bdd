import type { ShownPanel } from "../../../src/protocol.js";
import { createCard } from "../card.js";
import { createScroller } from "../scroller.js";

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
  const scroller = createScroller(title, bars.element);
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
