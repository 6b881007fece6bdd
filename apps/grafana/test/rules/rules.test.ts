import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { makeFiles } from "../../src/output.js";
import { readDashboards } from "../dashboard-files.js";
import type { DashboardFile } from "../schema/dashboard-file.js";
import { findProblems } from "./rules.js";

type PanelFile = DashboardFile["panels"][number];

/** As the file for Grafana says. */
function provisionedUid(): string {
  const { datasources } = parse(makeFiles().get("provisioning/datasources/tidemark.yaml") ?? "") as {
    datasources: { uid: string }[];
  };
  return datasources[0]?.uid ?? "";
}

it("the dashboards keep every rule", () => {
  expect(findProblems([...readDashboards().values()], provisionedUid())).toEqual([]);
});

const mistakes: readonly (readonly [rules: string, plant: (dashboards: DashboardFile[]) => unknown])[] = [
  ["dashboard uid, link", ([first, second]) => second && first && (second.uid = first.uid ?? "")],
  ["dashboard uid, link", ([first]) => first && (first.uid = "with blanks")],
  ["dashboard id", ([first]) => first && (first.id = 7)],
  ["dashboard title", ([first, second]) => second && first && (second.title = first.title ?? "")],
  ["time zone", ([first]) => first && (first.timezone = "browser")],
  ["refresh", ([first]) => first && (first.refresh = "5")],
  ["refresh", ([first]) => first && (first.refresh = "7s")],
  ["all of a variable", (all) => Object.assign(variableOf(all, "city"), { includeAll: false })],
  ["all of a variable", (all) => Reflect.deleteProperty(variableOf(all, "platform"), "allValue")],
  ["panel id", (all) => (panelOf(all, 1).id = panelOf(all, 0).id ?? 0)],
  ["panel title", (all) => (panelOf(all, 1).title = panelOf(all, 0).title ?? "")],
  ["title", (all) => (panelOf(all, 0).title = " ")],
  ["description", (all) => Reflect.deleteProperty(panelOf(all, 0), "description")],
  ["no-data text", (all) => Reflect.deleteProperty(panelOf(all, 0).fieldConfig.defaults, "noValue")],
  ["unit", (all) => (panelOf(all, 0).fieldConfig.defaults.unit = "kilometres")],
  ["unit", (all) => panelOf(all, 4).fieldConfig.overrides[1]?.properties.push({ id: "unit", value: "percents" })],
  [
    "thresholds",
    (all) =>
      (panelOf(all, 0).fieldConfig.defaults.thresholds?.steps ?? []).push(
        { value: 2, color: "red" },
        { value: 1, color: "green" },
      ),
  ],
  ["thresholds", (all) => panelOf(all, 0).fieldConfig.defaults.thresholds?.steps.unshift({ value: 2, color: "red" })],
  ["format", (all) => Object.assign(panelOf(all, 3).targets[0] ?? {}, { format: "table" })],
  ["interval", (all) => (panelOf(all, 3).interval = "1s")],
  ["interval", (all) => (panelOf(all, 3).interval = "5 seconds")],
  ["interval", (all) => Reflect.deleteProperty(panelOf(all, 3), "interval")],
  ["grid, grid overlap", (all) => Object.assign(panelOf(all, 0).gridPos ?? {}, { x: 20 })],
  ["grid overlap", (all) => Object.assign(panelOf(all, 3).gridPos ?? {}, { y: 4 })],
  ["macro", (all) => extendSql(panelOf(all, 0), " and ts > $__timeFrom")],
  ["variable", (all) => extendSql(panelOf(all, 0), " and kota = any(array[$cities])")],
  ["quotes", (all) => extendSql(panelOf(all, 0), " and topic = $topic")],
  ["quotes", (all) => extendSql(panelOf(all, 0), " and kota = '$city'")],
  ["variable", (all) => Object.assign(variableOf(all, "city"), { query: "select $country" })],
  ["data source", (all) => (panelOf(all, 0).datasource = { uid: "another" })],
  ["data source", (all) => (variableOf(all, "city").datasource = { uid: "another" })],
  ["link", ([first]) => Object.assign(first?.links?.[0] ?? {}, { url: "/d/tidemark-nowhere" })],
];

function panelOf([first]: readonly DashboardFile[], index: number): PanelFile {
  const panel = first?.panels[index];
  if (panel === undefined) throw new Error(`There is no panel ${index}.`);
  return panel;
}

function variableOf([first]: readonly DashboardFile[], name: string) {
  const variable = first?.templating.list.find((one) => one.name === name);
  if (variable === undefined) throw new Error(`There is no variable ${name}.`);
  return variable;
}

function extendSql({ targets: [target] }: PanelFile, more: string): void {
  if (target !== undefined) target.rawSql += more;
}

describe("a planted mistake is found, and nothing else:", () => {
  it.each(mistakes)("%s (%#)", (rules, plant) => {
    const dashboards = [...readDashboards().values()];
    plant(dashboards);
    const problems = findProblems(dashboards, provisionedUid());
    const found = new Set(problems.map((problem) => problem.split(":")[0]));
    expect([...found].toSorted()).toEqual(rules.split(", "));
  });
});
