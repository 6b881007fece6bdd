import type { ShownPanel, ShownRow } from "../../../src/protocol.js";
import { createCard, ofPanel } from "../card.js";
import { createScroller } from "../scroller.js";
import { createElement, hiddenText, setChildren, setText } from "../element.js";
import { createFigure, formatOf, type Figure } from "../figure.js";
import { compareNames } from "../names.js";
import { numberOf, textOf } from "../row.js";
import type { Surroundings, View } from "../shown.js";
import { createEmptyNote } from "./empty-note.js";
import { createIntervalBar, scaleOf, type Scale } from "./interval.js";

interface MatrixCell {
  readonly element: HTMLTableCellElement;
  show(row: ShownRow | undefined, scale: Scale): void;
}

const keyOf = (city: string, platform: string): string => JSON.stringify([city, platform]);

/** Conversion by city, down, and platform, across: the average, the pooled rate, and how sure it is. */
export function createMatrix(panel: ShownPanel, { colours }: Surroundings): View {
  const headings = createElement("tr");
  const body = createElement("tbody");
  const caption = createElement("caption", { class: "hidden" }, panel.title);
  const table = createElement("table", { class: "matrix" }, caption, createElement("thead", {}, headings), body);
  const scroller = createScroller(panel.title, ofPanel(table, panel));
  const empty = createEmptyNote(panel);
  const axis = createElement("span");
  const foot = createElement("p", { class: "foot" }, "Large: average per event. Small: pooled. Bars: ", axis);
  const cells = new Map<string, MatrixCell>();
  let shape = "";

  /** Anew where a city or a platform has come or gone. */
  function build(cities: readonly string[], platforms: readonly string[]): void {
    cells.clear();
    const corner = createElement("th", { scope: "col" }, panel.columns["city"]?.title ?? "");
    const across = platforms.map((platform) => {
      const swatch = createElement("span", { class: "swatch" });
      colours.paint(swatch, platform);
      const name = createElement("span", { class: "name" }, platform);
      return createElement("th", { scope: "col", class: "platform", title: platform }, swatch, name);
    });
    setChildren(headings, [corner, ...across]);
    const lines = cities.map((city) => {
      const line = createElement("tr", {}, createElement("th", { scope: "row", title: city }, city));
      for (const platform of platforms) {
        const cell = createMatrixCell(panel, city, platform, colours);
        cells.set(keyOf(city, platform), cell);
        line.append(cell.element);
      }
      return line;
    });
    setChildren(body, lines);
  }

  const head = {
    title: "Conversion by city and platform",
    note: "per cent of visitors",
    about: [panel],
    className: "by-city",
  };
  return {
    element: createCard(head, empty.element, scroller, foot),
    show({ rows }) {
      const shown = rows[panel.id] ?? [];
      const cities = [...new Set(shown.map((row) => textOf(row, "city")))];
      const platforms = [...new Set(shown.map((row) => textOf(row, "platform")))].toSorted(compareNames);
      const now = JSON.stringify([cities, platforms]);
      if (now !== shape) build(cities, platforms);
      shape = now;
      const scale = scaleOf(shown);
      setText(axis, `95 % interval from ${scale.from} to ${scale.to} %, stroke at the average.`);
      const byKey = new Map(shown.map((row) => [keyOf(textOf(row, "city"), textOf(row, "platform")), row]));
      for (const [key, cell] of cells) cell.show(byKey.get(key), scale);
      empty.show(shown);
      scroller.hidden = shown.length === 0;
      foot.hidden = shown.length === 0;
    },
  };
}

function createMatrixCell(
  { columns }: ShownPanel,
  city: string,
  platform: string,
  colours: Surroundings["colours"],
): MatrixCell {
  const rate = (name: string, judged = true): Figure =>
    createFigure(formatOf(columns[name]), { withUnit: false, decimals: 1, judged });
  const figures = {
    mean: rate("mean"),
    pooled: rate("pooled", false),
    low: rate("low", false),
    high: rate("high", false),
    events: createFigure(formatOf(columns["events"])),
  };
  const bar = createIntervalBar();
  colours.paint(bar.element, platform);
  const line = createElement("span", { class: "pair" }, figures.mean.element, figures.pooled.element);
  const rest = hiddenText(", 95 % interval from ");
  rest.append(figures.low.element, " to ", figures.high.element, " %, events: ", figures.events.element);
  const element = createElement("td", { "data-city": city, "data-platform": platform }, line, rest, bar.element);
  for (const [name, figure] of Object.entries(figures)) figure.element.dataset["column"] = name;
  return {
    element,
    show(row, scale) {
      for (const [name, figure] of Object.entries(figures)) figure.show(numberOf(row, name));
      bar.show(row, scale);
    },
  };
}
