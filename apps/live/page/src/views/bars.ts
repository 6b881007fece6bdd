import type { ShownPanel, ShownRow } from "../../../src/protocol.js";
import { ofPanel } from "../card.js";
import { figureCell, textCell } from "../cells.js";
import { createElement } from "../element.js";
import { numberOf } from "../row.js";
import { createTable, type Cell, type Table } from "../table.js";

/** One bar a row, with its numbers beside it. `ofFirst` measures all bars by the first, else by the longest. */
export function createBars(panel: ShownPanel, caption: string, scale: "first" | "longest"): Table<ShownRow> {
  const { name = "", value = "" } = panel.show;
  const others = Object.keys(panel.columns).filter((column) => column !== name && column !== value);
  let longest = 0;

  function barCell(): Cell<ShownRow> {
    const bar = createElement("span", { class: "bar" });
    const element = createElement("td", { class: "bar-cell" }, createElement("span", { class: "track" }, bar));
    element.setAttribute("aria-hidden", "true");
    return {
      element,
      show(row) {
        const share = longest === 0 ? 0 : (numberOf(row, value) ?? 0) / longest;
        const width = `${(Math.max(0, Math.min(1, share)) * 100).toFixed(2)}%`;
        if (bar.style.width !== width) bar.style.width = width;
      },
    };
  }

  const table = createTable<ShownRow>(
    createElement("span", { class: "hidden" }, caption),
    [
      { heading: panel.columns[name]?.title ?? "", create: () => textCell(name, "th") },
      { heading: createElement("span", { class: "hidden" }, "Bar"), className: "bar-cell", create: barCell },
      ...[value, ...others].map((column) => ({
        heading: panel.columns[column]?.title ?? "",
        className: column === value ? "numeric" : "numeric second",
        create: () =>
          figureCell(column, panel.columns[column], panel.columns[column]?.unit === "percent" ? { decimals: 1 } : {}),
      })),
    ],
    "bars",
  );
  ofPanel(table.element, panel);
  return {
    element: table.element,
    show(rows) {
      const values = rows.map((row) => numberOf(row, value) ?? 0);
      longest = scale === "first" ? (values[0] ?? 0) : Math.max(0, ...values);
      table.show(rows);
    },
  };
}
