import type { Dashboard } from "@tidemark/panels";
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  TimePickerBuilder,
  type Dashboard as GrafanaDashboard,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { impossibleLink } from "../errors.js";
import { dashboardPath, dashboardUid } from "../identity.js";
import { buildAnnotation } from "./annotation.js";
import { buildPanel, placePanels } from "./panel.js";
import { shownAbove } from "./placement.js";
import { buildVariable } from "./variable.js";

/** What a viewer may choose; nothing faster than what the dashboard opens with, which is as fast as Grafana allows by default. */
const refreshChoices = ["5s", "10s", "30s", "1m", "5m", "15m"];

/** A dashboard in Grafana's classic form (v1). `all` are those that it may link to. */
export function buildDashboard(dashboard: Dashboard, all: readonly Dashboard[]): GrafanaDashboard {
  const builder = new DashboardBuilder(dashboard.title)
    .uid(dashboardUid(dashboard.id))
    .description(dashboard.description)
    .tags([...dashboard.tags])
    .timezone("utc")
    .time({ from: `now-${dashboard.range}`, to: "now" })
    .refresh(`${dashboard.refreshSeconds}s`)
    .timepicker(new TimePickerBuilder().refreshIntervals(refreshChoices))
    .tooltip(DashboardCursorSync.Crosshair)
    // Provisioned and pushed dashboards are made from the panels' source: what is changed in Grafana would be lost.
    .readonly();
  for (const variable of dashboard.variables) builder.withVariable(buildVariable(variable));
  for (const annotation of dashboard.annotations) builder.annotation(buildAnnotation(annotation));
  for (const id of dashboard.links) builder.link(buildLink(dashboard, id, all));
  for (const [index, { panel, at }] of placePanels(dashboard.rows).entries()) {
    builder.withPanel(buildPanel(panel, index + 1, at));
  }
  return builder.build();
}

function buildLink(from: Dashboard, id: string, all: readonly Dashboard[]) {
  const target = all.find((one) => one.id === id);
  if (target === undefined) throw impossibleLink(from.id, id);
  return shownAbove(
    new DashboardLinkBuilder(target.title)
      .type(DashboardLinkType.Link)
      .url(dashboardPath(id))
      .tooltip(target.description)
      .icon("dashboard")
      .includeVars(true)
      .keepTime(true),
  );
}
