import { expect, it } from "vitest";
import { listDifferences } from "../../src/push/difference.js";

it("says where, what is there, and what is wanted", () => {
  const theirs = { title: "a", panels: [{ unit: "s", steps: [1, 2] }] };
  const ours = { title: "b", panels: [{ unit: "s", steps: [1, 3] }, { unit: "m" }] };
  expect(listDifferences(theirs, ours)).toEqual([
    "panels[0].steps[1]: 2 -> 3",
    'panels[1]: nothing -> {"unit":"m"}',
    'title: "a" -> "b"',
  ]);
});

it("finds what only the other has", () => {
  expect(listDifferences({ panels: [{ decimals: 2 }] }, { panels: [{}] })).toEqual([
    "panels[0].decimals: 2 -> nothing",
  ]);
});

it("overlooks what Grafana keeps of its own, and what is empty in one and missing in the other", () => {
  const theirs = {
    id: 4,
    version: 12,
    schemaVersion: 43,
    panels: [{ pluginVersion: "13.1.4" }],
    links: [],
    liveNow: false,
  };
  expect(listDifferences(theirs, { schemaVersion: 42, panels: [{ transformations: [] }], description: "" })).toEqual(
    [],
  );
  expect(listDifferences({ panels: [{ id: 1 }] }, { panels: [{ id: 2 }] })).toEqual(["panels[0].id: 1 -> 2"]);
});

it("tells 0 from nothing, and shortens what is long", () => {
  expect(listDifferences({}, { decimals: 0 })).toEqual(["decimals: nothing -> 0"]);
  expect(listDifferences({ sql: "x".repeat(500) }, { sql: "y" })[0]).toHaveLength('sql:  -> "y"'.length + 61);
});
