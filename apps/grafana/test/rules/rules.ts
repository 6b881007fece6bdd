import * as units from "@grafana/grafana-foundation-sdk/units";
import type { DashboardFile } from "../schema/dashboard-file.js";
import { findGridProblems } from "./grid.js";
import { findReferenceProblems } from "./references.js";

/** What a schema does not see. Each problem is a line that begins with the name of its rule. */
export function findProblems(dashboards: readonly DashboardFile[], datasourceUid: string): string[] {
  return [
    ...findRepeated(
      "dashboard uid",
      dashboards.map(({ uid }) => uid),
    ),
    ...findRepeated(
      "dashboard title",
      dashboards.map(({ title }) => title),
    ),
    ...dashboards.flatMap((dashboard) =>
      [
        ...findDashboardProblems(dashboard),
        ...dashboard.panels.flatMap(findPanelProblems),
        ...findGridProblems(dashboard),
        ...findReferenceProblems(dashboard, dashboards, datasourceUid),
      ].map((problem) => `${problem} (${dashboard.title ?? "no title"})`),
    ),
  ];
}

function findRepeated(rule: string, values: readonly unknown[]): string[] {
  const repeated = values.filter((value, index) => values.indexOf(value) !== index);
  return [...new Set(repeated)].map((value) => `${rule}: ${String(value)} is there twice`);
}

/** As Grafana takes it in an address. */
const uidPattern = /^[A-Za-z0-9_-]{1,40}$/;

function findDashboardProblems(dashboard: DashboardFile): string[] {
  const { uid, id, panels, refresh, timepicker, timezone, templating } = dashboard;
  const problems = [
    ...findRepeated(
      "panel id",
      panels.map((panel) => panel.id),
    ),
    ...findRepeated(
      "panel title",
      panels.map((panel) => panel.title),
    ),
  ];
  if (uid === undefined || !uidPattern.test(uid)) problems.push(`dashboard uid: ${uid} is none`);
  if (id !== undefined) problems.push("dashboard id: it is the server's to give");
  if (timezone !== "utc") problems.push(`time zone: ${timezone} is not utc`);
  if (refresh === undefined || !/^[1-9]\d*[smh]$/.test(refresh) || !timepicker?.refresh_intervals?.includes(refresh)) {
    problems.push(`refresh: ${refresh} is not among the choices`);
  }
  for (const { name, multi, includeAll, allValue } of templating.list) {
    if (multi !== includeAll || (multi === true && allValue === undefined)) {
      problems.push(`all of a variable: $${name} lacks a value for it, or takes only one`);
    }
  }
  return problems;
}

const knownUnits: ReadonlySet<unknown> = new Set(Object.values(units));

type PanelFile = DashboardFile["panels"][number];

function findPanelProblems(panel: PanelFile): string[] {
  const { title, description, fieldConfig, targets, type } = panel;
  const { defaults, overrides } = fieldConfig;
  const problems = [];
  if (isBlank(title)) problems.push("title: a panel has none");
  if (isBlank(description)) problems.push(`description: ${title} has none`);
  if (isBlank(defaults.noValue)) problems.push(`no-data text: ${title} has none`);
  const used = overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === "unit").map(({ value }) => value),
  );
  for (const unit of [defaults.unit, ...used]) {
    if (unit !== undefined && !knownUnits.has(unit))
      problems.push(`unit: ${title} has ${String(unit)}, which Grafana does not know`);
  }
  for (const { steps } of [defaults.thresholds ?? { steps: [] }]) {
    const [first, ...others] = steps.map(({ value }) => value);
    const rises = others.every((value, index) => Number(value) > Number(others[index - 1] ?? -Infinity));
    if (first !== null || !rises) problems.push(`thresholds: those of ${title} do not rise from the lowest on`);
  }
  const format = type === "timeseries" ? "time_series" : "table";
  for (const target of targets) {
    if (target.format !== format) problems.push(`format: ${title} asks for ${target.format}`);
    const needed = type === "timeseries" ? grainOf(target.rawSql) : 0;
    // Also what is no duration at all.
    const isEnough = readDuration(panel.interval) >= needed;
    if (!isEnough) problems.push(`interval: that of ${title} is below ${needed / 1000} s`);
  }
  return problems;
}

const isBlank = (text: string | undefined): boolean => text === undefined || text.trim() === "";

/** How far apart what a table holds lies, in ms. */
const grains: Readonly<Record<string, number>> = {
  socmed_5s: 5_000,
  socmed_1m: 60_000,
  socmed_1h: 3_600_000,
  socmed_verdicts_1m: 60_000,
  socmed_verdicts_1h: 3_600_000,
  [`tidemark"."pipeline_progress`]: 10_000,
};

/** That of the finest table that the SQL reads. */
function grainOf(sql: string): number {
  return Math.min(
    ...Object.entries(grains).flatMap(([table, grain]) => (sql.includes(`from "${table}"`) ? [grain] : [])),
  );
}

function readDuration(text = "0s"): number {
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[text.replace(/\d+/, "")];
  return Number.parseInt(text, 10) * (unit ?? Number.NaN);
}
