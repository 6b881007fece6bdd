import type { ValidateFunction } from "ajv";
import { beforeAll, describe, expect, it } from "vitest";
import { readDashboards } from "../dashboard-files.js";
import { compileDashboardSchema } from "./dashboard-schema.js";

let isDashboard: ValidateFunction;

beforeAll(() => {
  isDashboard = compileDashboardSchema();
});

describe.each([...readDashboards()])("%s", (_, dashboard) => {
  it("is a dashboard by the SDK's types", () => {
    isDashboard(dashboard);
    expect(isDashboard.errors).toBeNull();
  });
});

/** A dashboard's file as the JSON that it is, to be broken. */
type Json = Record<string, never>;

const mistakes: readonly (readonly [what: string, breakIt: (dashboard: Json) => unknown])[] = [
  ["an unknown property of the dashboard", (dashboard) => Object.assign(dashboard, { refreshh: "5s" })],
  ["no schemaVersion", (dashboard) => Reflect.deleteProperty(dashboard, "schemaVersion")],
  ["tags that are a text", (dashboard) => Object.assign(dashboard, { tags: "tidemark" })],
  ["a shared tooltip of another kind", (dashboard) => Object.assign(dashboard, { graphTooltip: 3 })],
  ["an unknown kind of panel", (dashboard) => Object.assign(at(dashboard, "panels", 0), { type: "singlestat" })],
  [
    "a grid position without a width",
    (dashboard) => Reflect.deleteProperty(at(dashboard, "panels", 0, "gridPos"), "w"),
  ],
  [
    "options of another kind of panel",
    (dashboard) => Object.assign(at(dashboard, "panels", 0, "options"), { legend: {} }),
  ],
  [
    "an option that is not one of the list",
    (dashboard) => Object.assign(at(dashboard, "panels", 0, "options"), { textMode: "both" }),
  ],
  [
    "a unit that is a number",
    (dashboard) => Object.assign(at(dashboard, "panels", 0, "fieldConfig", "defaults"), { unit: 5 }),
  ],
  [
    "an unknown property of a field",
    (dashboard) => Object.assign(at(dashboard, "panels", 0, "fieldConfig", "defaults"), { units: "s" }),
  ],
  ["a query without SQL", (dashboard) => Reflect.deleteProperty(at(dashboard, "panels", 0, "targets", 0), "rawSql")],
  [
    "an unknown format of a query",
    (dashboard) => Object.assign(at(dashboard, "panels", 0, "targets", 0), { format: "logs" }),
  ],
  [
    "a variable that is refreshed in an unknown way",
    (dashboard) => Object.assign(at(dashboard, "templating", "list", 0), { refresh: 7 }),
  ],
  [
    "an annotation without a colour",
    (dashboard) => Reflect.deleteProperty(at(dashboard, "annotations", "list", 0), "iconColor"),
  ],
  ["a link without a type", (dashboard) => Reflect.deleteProperty(at(dashboard, "links", 0), "type")],
];

function at(json: Json, ...path: readonly (string | number)[]): Json {
  return path.reduce<Json>((inner, step) => inner[step] ?? {}, json);
}

describe("the schema refuses", () => {
  it.each(mistakes)("%s", (_, breakIt) => {
    const dashboard: Json = JSON.parse(JSON.stringify([...readDashboards().values()][0]));
    breakIt(dashboard);
    expect(isDashboard(dashboard)).toBe(false);
  });
});
