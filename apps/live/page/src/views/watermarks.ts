import type { ShownPanel, ShownRow } from "../../../src/protocol.js";
import { createCard, ofPanel } from "../card.js";
import { figureCell, timeCell } from "../cells.js";
import { createScroller } from "../scroller.js";
import { createElement, setAttribute, setChildren, setText } from "../element.js";
import { createFigure, formatOf } from "../figure.js";
import { numberOf, textOf } from "../row.js";
import type { Surroundings, View } from "../shown.js";
import { createTable, type Cell } from "../table.js";
import { createEmptyNote } from "./empty-note.js";
import { explainWatermark } from "./explanation.js";
import { clipBar } from "./interval.js";

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The partitions, how far each has come, and in words what that means for windows. */
export function createWatermarks(panel: ShownPanel, { nowMs }: Surroundings): View {
  const { columns } = panel;
  let span: Span = { fromMs: 0, toMs: 1 };
  const explanation = createElement("div", { class: "explanation" });
  const title = (name: string) => columns[name]?.title ?? "";
  const table = createTable<ShownRow>(createElement("span", { class: "hidden" }, panel.title), [
    { heading: title("partition"), create: () => partitionCell(panel) },
    { heading: title("watermark"), className: "numeric", create: () => timeCell("watermark", nowMs) },
    {
      heading: createElement("span", { class: "hidden" }, "From watermark to newest event"),
      className: "span-cell",
      create: () => spanCell(() => span),
    },
    { heading: title("newest"), className: "numeric", create: () => timeCell("newest", nowMs) },
    { heading: title("behind"), className: "numeric", create: () => figureCell("behind", columns["behind"]) },
    {
      heading: title("next_offset"),
      className: "numeric second",
      create: () => figureCell("next_offset", columns["next_offset"], { length: "full" }),
    },
    { heading: title("committed"), className: "numeric second", create: () => timeCell("committed", nowMs) },
  ]);
  table.element.classList.add("partitions");
  ofPanel(table.element, panel);
  const empty = createEmptyNote(panel);
  const scroller = createScroller(panel.title, table.element);
  const head = { title: panel.title, note: "by the time of the events", about: [panel], className: "watermarks" };
  return {
    element: createCard(head, empty.element, explanation, scroller),
    show({ rows }) {
      const shown = rows[panel.id] ?? [];
      const times = shown
        .flatMap((row) => [numberOf(row, "watermark"), numberOf(row, "newest")])
        .filter((time) => time !== null);
      span = { fromMs: Math.min(...times), toMs: Math.max(...times) };
      table.show(shown.toSorted((a, b) => (numberOf(a, "partition") ?? 0) - (numberOf(b, "partition") ?? 0)));
      const sentences = shown.length === 0 ? [] : explainWatermark(shown, nowMs());
      const lines = sentences.map((text, at) => explanation.children[at] ?? createElement("p", {}, text));
      for (const [at, line] of lines.entries()) setText(line, sentences[at] ?? "");
      setChildren(explanation, lines);
      empty.show(shown);
      scroller.hidden = shown.length === 0;
    },
  };
}

/** Its number, and whether it holds the watermark. */
function partitionCell({ columns }: ShownPanel): Cell<ShownRow> {
  const figure = createFigure(formatOf(columns["partition"]), { length: "full" });
  const mark = createElement("span", { class: "holds" });
  const element = createElement("th", { scope: "row" }, figure.element, mark);
  return {
    element,
    show(row) {
      figure.show(numberOf(row, "partition"));
      const holds = textOf(row, "holds");
      setText(mark, holds);
      setAttribute(element, "data-holds", holds || undefined);
    },
  };
}

/** A bar from the watermark to the newest event: what the partition keeps open. */
function spanCell(span: () => Span): Cell<ShownRow> {
  const bar = createElement("span", { class: "range" });
  const element = createElement("td", { "aria-hidden": "true" }, createElement("span", { class: "interval" }, bar));
  return {
    element,
    show(row) {
      const [from, to] = [numberOf(row, "watermark"), numberOf(row, "newest")];
      bar.hidden = from === null || to === null;
      if (from === null || to === null) return;
      const { fromMs, toMs } = span();
      const place = (ms: number) => ((ms - fromMs) / Math.max(1, toMs - fromMs)) * 100;
      clipBar(bar, place(from), place(to));
    },
  };
}
