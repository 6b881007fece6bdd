import type { ShownPanel, ShownRow } from "../../../src/protocol.js";
import { createCard, ofPanel } from "../card.js";
import { figureCell, platformCell } from "../cells.js";
import { createElement, setText } from "../element.js";
import { createFigure, formatOf } from "../figure.js";
import { numberOf } from "../row.js";
import type { Surroundings, View } from "../shown.js";
import { createTable, type Cell, type Table } from "../table.js";
import { createEmptyNote } from "./empty-note.js";
import { createIntervalBar, scaleOf, type Scale } from "./interval.js";

const decimals = 1;

/** The rates of each platform, one table beside the other: their rows are the same platforms in the same order. */
export function createRates(
  parts: readonly { readonly panel: ShownPanel; readonly title: string }[],
  surroundings: Surroundings,
): View {
  const tables = parts.map(({ panel, title }) => createRateTable(panel, title, surroundings));
  const empty = parts.slice(0, 1).map(({ panel }) => ({ id: panel.id, note: createEmptyNote(panel) }));
  const body = createElement("div", { class: "beside" }, ...tables.map(({ element }) => element));
  const note = createElement("p", { class: "foot" });
  note.append("Stroke: average per event. Bar: Wilson’s 95 % interval of the pooled rate. ", levelKey());
  const about = parts.map(({ panel }) => panel);
  const head = { title: "Rates by platform", note: "per cent of visitors", about, className: "rates" };
  return {
    element: createCard(head, ...empty.map((each) => each.note.element), body, note),
    show({ rows }) {
      for (const [at, { panel }] of parts.entries()) tables[at]?.show(rows[panel.id] ?? []);
      for (const { id, note: each } of empty) each.show(rows[id] ?? []);
      body.hidden = parts.every(({ panel }) => (rows[panel.id] ?? []).length === 0);
    },
  };
}

const createMark = (level: string, sign: string): HTMLElement =>
  createElement("span", { "data-level": level, class: "mark" }, sign);

/** What the marks of thresholds mean. */
function levelKey(): HTMLElement {
  const key = createElement("span", { class: "key" });
  key.append(createMark("warning", "▲"), " to be watched, ", createMark("bad", "◆"), " bad");
  return key;
}

function createRateTable(panel: ShownPanel, title: string, { colours }: Surroundings): Table<ShownRow> {
  const { columns } = panel;
  let scale: Scale = { from: 0, to: 100 };
  const axis = createElement("span", { class: "axis" });
  const heading = createElement("span", { class: "interval-heading" }, "95 % interval", axis);
  const table = createTable<ShownRow>(
    title,
    [
      {
        heading: columns["platform"]?.title ?? "",
        className: "platform",
        create: () => platformCell("platform", colours),
      },
      {
        heading: columns["mean"]?.title ?? "",
        className: "numeric mean",
        create: () => figureCell("mean", columns["mean"], { withUnit: false, decimals }),
      },
      {
        heading: columns["pooled"]?.title ?? "",
        className: "numeric second",
        create: () => figureCell("pooled", columns["pooled"], { withUnit: false, decimals }),
      },
      { heading, className: "interval-cell", create: () => createIntervalCell(panel, colours, () => scale) },
      {
        heading: columns["events"]?.title ?? "",
        className: "numeric second events",
        create: () => figureCell("events", columns["events"]),
      },
    ],
    "rate",
  );
  ofPanel(table.element, panel);
  return {
    element: table.element,
    show(rows) {
      scale = scaleOf(rows);
      setText(axis, `${scale.from} to ${scale.to} %`);
      table.show(rows);
    },
  };
}

function createIntervalCell(
  { columns }: ShownPanel,
  colours: Surroundings["colours"],
  scale: () => Scale,
): Cell<ShownRow> {
  const bar = createIntervalBar();
  const low = createFigure(formatOf(columns["low"]), { withUnit: false, decimals });
  const high = createFigure(formatOf(columns["high"]), { withUnit: false, decimals });
  const text = createElement("span", { class: "ends" }, low.element, " to ", high.element);
  const element = createElement("td", {}, bar.element, text);
  return {
    element,
    show(row) {
      low.show(numberOf(row, "low"));
      high.show(numberOf(row, "high"));
      bar.show(row, scale());
      const { platform } = row;
      if (typeof platform === "string") colours.paint(bar.element, platform);
    },
  };
}
