import type { ShownPanel, ShownRow } from "../../../src/protocol.js";
import { createCard, ofPanel } from "../card.js";
import { figureCell, textCell, timeCell } from "../cells.js";
import { createScroller } from "../scroller.js";
import { createElement } from "../element.js";
import type { Surroundings, View } from "../shown.js";
import { createTable } from "../table.js";
import { createBarsCard } from "./bars-card.js";
import { createEmptyNote } from "./empty-note.js";
import { createSeriesCard } from "./series-card.js";
import { createStat } from "./stat.js";

/** A panel that no layout knows, by its kind alone. */
export function createPlain(panel: ShownPanel, surroundings: Surroundings): View {
  const { title } = panel;
  switch (panel.show.kind) {
    case "stat":
      return createStat(panel, { title, caption: () => "" }, surroundings);
    case "time-series":
      return createSeriesCard(panel, {
        title,
        note: (interval) => `every ${interval}`,
        strokeOf: (name) => surroundings.colours.of(name),
        paint: (swatch, name) => surroundings.colours.paint(swatch, name),
        byEventTime: false,
        className: "series-card",
      });
    case "bar-gauge":
      return createBarsCard(panel, { title, scale: "first", className: "bars-card" });
    case "bar-chart":
      return createBarsCard(panel, { title, scale: "longest", className: "bars-card" });
    case "table":
      return createPlainTable(panel, surroundings);
  }
}

function createPlainTable(panel: ShownPanel, { nowMs }: Surroundings): View {
  const columns = Object.entries(panel.columns).map(([name, column]) => ({
    heading: column.title,
    className: column.kind === "text" ? "text" : "numeric",
    create: () => {
      if (column.kind === "text") return textCell(name);
      return column.kind === "time" ? timeCell(name, nowMs) : figureCell(name, column);
    },
  }));
  const table = createTable<ShownRow>(createElement("span", { class: "hidden" }, panel.title), columns);
  ofPanel(table.element, panel);
  const empty = createEmptyNote(panel);
  const scroller = createScroller(panel.title, table.element);
  return {
    element: createCard({ title: panel.title, about: [panel], className: "table-card" }, empty.element, scroller),
    show({ rows }) {
      const shown = rows[panel.id] ?? [];
      table.show(shown);
      empty.show(shown);
      scroller.hidden = shown.length === 0;
    },
  };
}
