import type { ShownPanel, ShownRow } from "../../../src/protocol.js";
import { createCard, ofPanel } from "../card.js";
import { figureCell, platformCell, textCell } from "../cells.js";
import { createElement } from "../element.js";
import type { Surroundings, View } from "../shown.js";
import { createTable } from "../table.js";
import { createEmptyNote } from "./empty-note.js";

/** The city that leads on each platform, by several counters: one table beside the other, as for the rates. */
export function createPlaces(
  parts: readonly { readonly panel: ShownPanel; readonly title: string; readonly counter: string }[],
  { colours }: Surroundings,
): View {
  const tables = parts.map(({ panel, title, counter }) => {
    const table = createTable<ShownRow>(
      title,
      [
        {
          heading: panel.columns["platform"]?.title ?? "",
          className: "platform",
          create: () => platformCell("platform", colours),
        },
        { heading: panel.columns["city"]?.title ?? "", className: "city", create: () => textCell("city") },
        {
          heading: panel.columns[counter]?.title ?? "",
          className: "numeric",
          create: () => figureCell(counter, panel.columns[counter]),
        },
      ],
      "place",
    );
    ofPanel(table.element, panel);
    return table;
  });
  const [first] = parts;
  const empty = first === undefined ? undefined : createEmptyNote(first.panel);
  const body = createElement("div", { class: "beside" }, ...tables.map(({ element }) => element));
  const head = {
    title: "Where each platform is strongest",
    note: "the city with the highest number",
    about: parts.map(({ panel }) => panel),
    className: "places",
  };
  return {
    element: createCard(head, ...(empty === undefined ? [] : [empty.element]), body),
    show({ rows }) {
      for (const [at, { panel }] of parts.entries()) tables[at]?.show(rows[panel.id] ?? []);
      const shown = rows[first?.panel.id ?? ""] ?? [];
      empty?.show(shown);
      body.hidden = shown.length === 0;
    },
  };
}
