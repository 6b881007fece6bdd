import { panelsOf, type Column, type Panel } from "@tidemark/panels";
import { dashboards } from "@tidemark/socmed/panels";
import type { Dashboards, ShownColumn, ShownPanel } from "./protocol.js";

/** What there is to look at: all of the panels but their SQL. */
export function showDashboards(topic: string): Dashboards {
  return {
    topic,
    dashboards: dashboards.map((dashboard) => ({
      id: dashboard.id,
      title: dashboard.title,
      panels: panelsOf(dashboard).map(showPanel),
    })),
  };
}

function showPanel({ id, title, question, description, show, columns, noData }: Panel): ShownPanel {
  const shown = Object.entries(columns).map(([name, column]) => [name, showColumn(column)]);
  return { id, title, question, description, show, columns: Object.fromEntries(shown), noData };
}

function showColumn(column: Column): ShownColumn {
  const { kind, title } = column;
  if (column.kind !== "number") return { kind, title };
  const { unit, decimals, thresholds } = column;
  return { kind, title, unit, decimals, ...(thresholds && { thresholds }) };
}
