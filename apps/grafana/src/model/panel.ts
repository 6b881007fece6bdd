import type { Panel, PlacedPanel } from "@tidemark/panels";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { GridPos, Panel as GrafanaPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import { buildBarChart, buildBarGauge } from "./bar-panels.js";
import { datasourceRef, postgresQuery } from "./postgres-query.js";
import { buildStat } from "./stat-panel.js";
import { buildTable } from "./table-panel.js";
import { buildTimeSeries } from "./time-series-panel.js";

/** A panel of a dashboard at its place in Grafana's grid of 24 columns; `id` is its number within the dashboard. */
export function buildPanel(panel: Panel, id: number, place: GridPos): Builder<GrafanaPanel> {
  const format = panel.show.kind === "time-series" ? "time_series" : "table";
  return buildKind(panel)
    .id(id)
    .title(panel.title)
    .description(`${panel.question}\n\n${panel.description}`)
    .datasource(datasourceRef)
    .withTarget(postgresQuery(panel.sql, format))
    .gridPos(place)
    .noValue(panel.noData);
}

function buildKind(panel: Panel) {
  const { show } = panel;
  switch (show.kind) {
    case "stat":
      return buildStat(panel, show);
    case "time-series":
      return buildTimeSeries(panel, show);
    case "table":
      return buildTable(panel);
    case "bar-gauge":
      return buildBarGauge(panel, show);
    case "bar-chart":
      return buildBarChart(panel, show);
  }
}

/** Rows one below the other, each as high as its highest panel; panels from left to right. */
export function placePanels(rows: readonly (readonly PlacedPanel[])[]): (PlacedPanel & { readonly at: GridPos })[] {
  let y = 0;
  return rows.flatMap((row) => {
    let x = 0;
    const placed = row.map((one) => {
      const at = { h: one.height, w: one.width, x, y };
      x += one.width;
      return { ...one, at };
    });
    y += Math.max(...row.map(({ height }) => height));
    return placed;
  });
}
