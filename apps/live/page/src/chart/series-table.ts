import { createScroller } from "../scroller.js";
import { createElement, hiddenText, setAttribute, setText } from "../element.js";
import { createFigure, type Figure, type NumberFormat } from "../figure.js";
import { createPopup } from "../popup.js";
import { createTable, type Table } from "../table.js";
import { formatTime } from "../times.js";
import type { SeriesData } from "./series-data.js";

export interface SeriesTable {
  /** A button, and the table that it opens over the chart. */
  readonly element: HTMLDetailsElement;
  show(data: SeriesData): void;
}

interface Point {
  readonly time: number;
  readonly values: readonly (number | null)[];
}

/** The numbers of a chart, newest first. Nothing is made while it is closed. */
export function createSeriesTable(title: string, format: NumberFormat): SeriesTable {
  const body = createScroller(title);
  const summary = createElement("summary", {}, "Table");
  summary.append(hiddenText(` of ${title}`));
  const { element } = createPopup("as-table", summary, body);
  let names = "";
  let table: Table<Point> | undefined;
  let last: SeriesData = { times: [], series: [] };

  function fill(): void {
    if (!element.open) return;
    const { times, series } = last;
    const now = series.map(({ name }) => name).join("\n");
    if (table === undefined || now !== names) {
      names = now;
      const columns = series.map(({ name }, at) => ({
        heading: name,
        className: "numeric",
        create: () => valueCell(at),
      }));
      table = createTable<Point>(createElement("span", { class: "hidden" }, title), [
        { heading: "Time, UTC", create: timeCell },
        ...columns,
      ]);
      body.replaceChildren(table.element);
    }
    const points = times.map((time, at) => ({ time, values: series.map(({ values }) => values[at] ?? null) }));
    table.show(points.toReversed());
  }

  function timeCell() {
    const cell = createElement("th", { scope: "row" });
    return {
      element: cell,
      show({ time }: Point) {
        setText(cell, formatTime(time, last.times.at(-1) ?? time));
        setAttribute(cell, "data-value", String(time));
      },
    };
  }

  function valueCell(at: number) {
    const figure: Figure = createFigure(format, { length: "full" });
    const cell = createElement("td", {}, figure.element);
    return { element: cell, show: ({ values }: Point) => figure.show(values[at] ?? null) };
  }

  element.addEventListener("toggle", fill);
  return {
    element,
    show(data) {
      last = data;
      fill();
    },
  };
}
