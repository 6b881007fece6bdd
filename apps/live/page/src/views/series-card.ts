import type { ShownPanel, ShownRow } from "../../../src/protocol.js";
import { createSeriesChart } from "../chart/series-chart.js";
import { createSeriesTable } from "../chart/series-table.js";
import { pivotRows } from "../chart/series-data.js";
import type { Stroke } from "../chart/plot.js";
import { createCard, ofPanel } from "../card.js";
import { createElement, setText } from "../element.js";
import { formatOf } from "../figure.js";
import type { Shown, View } from "../shown.js";
import { numberOf, textOf } from "../row.js";
import { formatDuration } from "../times.js";
import { createEmptyNote } from "./empty-note.js";

export interface SeriesCardOptions {
  readonly title: string;
  /** Beside the title, of the width of a point. */
  readonly note: (interval: string) => string;
  readonly strokeOf: (name: string) => Stroke;
  readonly paint: (swatch: Element, name: string) => void;
  /** Left out of the drawing; the table has it. */
  readonly undrawn?: string;
  /** Whether points are of the events' time, so that the watermark says which may still grow. */
  readonly byEventTime: boolean;
  readonly className: string;
}

/** So long after an event's time others of that time still come in numbers, in ms: a fake stream's delays, and a real one's. */
const settlingMs = 20_000;

export function createSeriesCard(panel: ShownPanel, options: SeriesCardOptions): View {
  const { title, strokeOf, paint, undrawn, byEventTime } = options;
  const { value = "", style } = panel.show;
  const format = formatOf(panel.columns[value]);
  const chart = createSeriesChart({
    label: title,
    style: style === "stacked-bars" ? "stacked-bars" : "line",
    format,
    strokeOf,
    paint,
  });
  const table = createSeriesTable(title, format);
  const note = createElement("span");
  const empty = createEmptyNote(panel);
  const body = ofPanel(createElement("div", { class: "series" }, chart.element, empty.element), panel);
  const head = { title, note, about: [panel], tools: [table.element], className: options.className };
  let last: readonly ShownRow[] | undefined;
  let data = pivotRows([], value);
  return {
    element: createCard(head, body),
    show(shown) {
      const rows = shown.rows[panel.id] ?? [];
      if (rows !== last) {
        data = pivotRows(rows, value);
        table.show(data);
      }
      last = rows;
      // The first point may have begun before the range, and then lacks what lies there: a line would begin with a fall.
      const isDrawn = (row: ShownRow) =>
        textOf(row, "metric") !== undrawn && (shown.range === "all" || (numberOf(row, "time") ?? 0) >= shown.fromMs);
      const drawn = pivotRows(rows.filter(isDrawn), value);
      const intervalMs = pointWidth(data.times, shown.intervalMs);
      setText(note, options.note(formatDuration(intervalMs)));
      empty.show(rows);
      chart.element.hidden = rows.length === 0;
      if (rows.length > 0)
        chart.show({ data: drawn, ...frameOf(shown, byEventTime, data.times, intervalMs), intervalMs });
    },
  };
}

function frameOf(
  { range, fromMs, toMs, pulse, lastLookMs }: Shown,
  byEventTime: boolean,
  times: readonly number[],
  intervalMs: number,
) {
  const newestMs = pulse?.newestEventMs ?? null;
  const settledMs = byEventTime && newestMs !== null ? newestMs - settlingMs : Infinity;
  const watermarkMs = byEventTime ? (pulse?.watermarkMs ?? null) : null;
  // All of a stream that ended years ago would be a stroke at the left edge of all time.
  const [first = fromMs, last = toMs] = [times[0], times.at(-1)];
  const span = range === "all" ? { fromMs: first, toMs: last + intervalMs } : { fromMs, toMs };
  return { ...span, settledMs, watermarkMs, lastLookMs };
}

/** How far apart the points really are: the width that was asked for is rounded up to whole windows. */
function pointWidth(times: readonly number[], askedMs: number): number {
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? time));
  return gaps.length === 0 ? askedMs : Math.min(...gaps);
}
