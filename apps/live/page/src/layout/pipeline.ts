import type { ShownPanel } from "../../../src/protocol.js";
import { createElement, setAttribute } from "../element.js";
import type { Panels, Surroundings, View } from "../shown.js";
import type { Stroke } from "../chart/plot.js";
import { createBarsCard } from "../views/bars-card.js";
import { createLedger } from "../views/ledger.js";
import { createPlain } from "../views/plain.js";
import { createSeriesCard } from "../views/series-card.js";
import { createStat } from "../views/stat.js";
import { paintVerdict, verdictStroke } from "../views/verdicts.js";
import { createWatermarks } from "../views/watermarks.js";

/** Whether the figures can be trusted: what became of every record, how far it has come, and how fast it goes. */
export function createPipeline(panels: Panels, surroundings: Surroundings): View {
  const views: View[] = [
    createLedger(panels.take("ledger")),
    createWatermarks(panels.take("watermarks"), surroundings),
    createStat(panels.take("lag-now"), { title: "Lag", caption: () => "records behind the log’s end" }, surroundings),
    createStat(panels.take("database-size"), { title: "Database size", caption: () => "on disk" }, surroundings),
    createBarsCard(panels.take("late-by-how-much"), {
      title: "Late by how much",
      scale: "longest",
      className: "late",
    }),
    createBarsCard(panels.take("rejects-by-reason"), {
      title: "Rejects by reason",
      scale: "longest",
      className: "rejects",
    }),
    createInkedSeries(panels.take("rows-per-second"), "Rows per second", "all partitions"),
    createInkedSeries(panels.take("lag-over-time"), "Lag over time", "the most at once"),
    createInkedSeries(panels.take("checkpoint-time"), "Checkpoint time", "of Postgres"),
    createSeriesCard(panels.take("ledger-over-time"), {
      title: "Not counted",
      note: (interval) => `per ${interval}`,
      strokeOf: verdictStroke,
      paint: paintVerdict,
      undrawn: "counted",
      byEventTime: false,
      className: "series-card",
    }),
  ];
  views.push(...panels.rest.map((panel) => createPlain(panel, surroundings)));
  const element = createElement("div", { class: "grid pipeline" }, ...views.map((view) => view.element));
  return {
    element,
    show(shown) {
      for (const view of views) view.show(shown);
    },
  };
}

const inkOf = (name: string): Stroke & string => (name === "mean" ? "second-ink" : "accent");

/** Series that are no platforms: of one kind, in the page's own ink. */
function createInkedSeries(panel: ShownPanel, title: string, note: string): View {
  return createSeriesCard(panel, {
    title,
    note: () => note,
    strokeOf: inkOf,
    paint: (swatch, name) => setAttribute(swatch, "data-ink", inkOf(name)),
    byEventTime: false,
    className: "series-card",
  });
}
