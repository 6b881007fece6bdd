import { allValue, panelsOf, type Dashboard } from "@tidemark/panels";
import { dashboards } from "@tidemark/socmed/panels";
import { describe, expect, it } from "vitest";
import { dashboardUid } from "../../src/identity.js";
import { platformColours } from "../../src/model/colours.js";
import { buildDashboard } from "../../src/model/dashboard.js";
import { readDashboards } from "../dashboard-files.js";
import type { DashboardFile } from "../schema/dashboard-file.js";

type PanelFile = DashboardFile["panels"][number];

const files = [...readDashboards().values()];
const pairs = dashboards.flatMap((dashboard) => {
  const file = files.find(({ uid }) => uid === dashboardUid(dashboard.id));
  return panelsOf(dashboard).map((panel, index) => ({ title: panel.title, panel, made: file?.panels[index] }));
});

function madeOf(title: string): PanelFile {
  const found = pairs.find(({ panel }) => panel.title === title)?.made;
  if (found === undefined) throw new Error(`There is no panel ${title}.`);
  return found;
}

/** The properties that a panel sets for one of its columns or series. */
function propertiesOf({ fieldConfig }: PanelFile, name: string): Readonly<Record<string, unknown>> {
  const { properties = [] } = fieldConfig.overrides.find(({ matcher }) => matcher.options === name) ?? {};
  return Object.fromEntries(properties.map(({ id, value }): [string, unknown] => [id, value]));
}

const kinds = {
  stat: "stat",
  "time-series": "timeseries",
  table: "table",
  "bar-gauge": "bargauge",
  "bar-chart": "barchart",
};

describe.each(pairs)("$title", ({ panel, made }) => {
  it("has the panel's words, its kind, its SQL and its interval", () => {
    expect(made).toMatchObject({
      type: kinds[panel.show.kind],
      title: panel.title,
      description: `${panel.question}\n\n${panel.description}`,
      fieldConfig: { defaults: { noValue: panel.noData } },
      targets: [{ rawSql: panel.sql }],
    });
    const interval =
      panel.minIntervalMs === undefined ? undefined : { 5000: "5s", 30000: "30s", 60000: "1m" }[panel.minIntervalMs];
    expect(made?.interval).toBe(interval);
  });
});

it("a platform has one colour in every series", () => {
  for (const made of files.flatMap(({ panels }) => panels).filter(({ type }) => type === "timeseries")) {
    for (const [name, fixedColor] of Object.entries(platformColours)) {
      expect(propertiesOf(made, name)).toEqual({ color: { mode: "fixed", fixedColor } });
    }
  }
});

it("a large total is short, a number beside a name has all its digits", () => {
  expect(madeOf("Total usage").fieldConfig.defaults).toMatchObject({ unit: "short" });
  expect(madeOf("Total usage").fieldConfig.defaults).not.toHaveProperty("decimals");
  const top = madeOf("Which platform has the highest number of visitors in 5 minutes");
  expect(top.fieldConfig.defaults).toMatchObject({ unit: "locale", decimals: 0 });
  expect(top.options).toMatchObject({ textMode: "value_and_name" });
});

it("a table's columns have titles, units, decimals, thresholds and an empty cell of their own", () => {
  const rates = madeOf("Average conversion rate per platform");
  expect(propertiesOf(rates, "mean")).toEqual({
    displayName: "Avg. per event",
    noValue: "–",
    unit: "percent",
    decimals: 2,
    color: { mode: "thresholds" },
    "custom.cellOptions": { type: "color-text" },
    thresholds: {
      mode: "absolute",
      steps: [
        { value: null, color: "red" },
        { value: 30, color: "orange" },
        { value: 40, color: "green" },
      ],
    },
  });
  expect(propertiesOf(rates, "platform")).toEqual({ displayName: "Platform", noValue: "–" });
});

it("what has no thresholds is painted by none, though Grafana's own would make all above 80 red", () => {
  for (const { fieldConfig } of files.flatMap(({ panels }) => panels)) {
    expect(fieldConfig.defaults.thresholds?.steps).not.toContainEqual({ value: 80, color: "red" });
    expect(fieldConfig.defaults.thresholds?.steps.length).toBeGreaterThan(0);
  }
});

it("a bar is named by its row, whatever other numbers the row has", () => {
  expect(madeOf("From visitors to sales").transformations).toEqual([
    { id: "filterFieldsByName", options: { include: { names: ["step", "people"] } } },
  ]);
});

it("cities and platforms are several, all of them to begin with; the topic is one", () => {
  const [performance] = files;
  expect(performance?.templating.list.map(({ name, multi }) => [name, multi])).toEqual([
    ["topic", false],
    ["city", true],
    ["platform", true],
  ]);
  for (const variable of performance?.templating.list.slice(1) ?? []) {
    expect(variable).toMatchObject({ includeAll: true, allValue, refresh: 2, current: { value: ["$__all"] } });
  }
});

it("is in UTC, refreshed every 5 s, read-only, and leads to the other with the same time and choices", () => {
  for (const [index, file] of files.entries()) {
    expect(file).toMatchObject({ timezone: "utc", refresh: "5s", editable: false, tags: ["tidemark"] });
    const other = files[1 - index];
    expect(file.links).toMatchObject([
      { title: other?.title, url: `/d/${other?.uid}`, includeVars: true, keepTime: true },
    ]);
    // The SDK would hide both in a menu.
    expect(file.links?.[0]).not.toHaveProperty("placement");
    expect(file.annotations.list[0]).not.toHaveProperty("placement");
  }
});

describe("what can't be is refused:", () => {
  const [first] = dashboards;
  const base: Dashboard | undefined = first && { ...first, rows: [], links: [] };

  it("a link to no dashboard", () => {
    const dashboard = base && { ...base, links: ["nowhere"] };
    expect(() => dashboard && buildDashboard(dashboard, dashboards)).toThrow(
      expect.objectContaining({ code: "impossible-link" }),
    );
  });

  it("a panel whose value is no number", () => {
    const [panel] = first === undefined ? [] : panelsOf(first);
    const wrong = panel && { ...panel, show: { kind: "stat", value: "name" } as const };
    const dashboard = base && wrong && { ...base, rows: [[{ panel: wrong, width: 6, height: 5 }]] };
    expect(() => dashboard && buildDashboard(dashboard, dashboards)).toThrow(
      expect.objectContaining({ code: "impossible-panel" }),
    );
  });
});
