import { expect, it } from "vitest";
import { mergedSinceSizeMs } from "../src/tables/index.js";

const rollup = (sizeMs: number, kind: string) => ({ window: { sizeMs }, aggregates: { figure: { kind } } });

it.each([
  ["the largest where all count events", [rollup(5, "count"), rollup(60, "count"), rollup(3600, "count")], 3600],
  ["not one that counts none", [rollup(5, "count"), rollup(60, "count"), rollup(3600, "max")], 60],
  ["not the finest of several, which retention shortens", [rollup(5, "count"), rollup(60, "max")], 60],
  ["the only one", [rollup(5, "count")], 5],
  ["the largest where none counts events", [rollup(5, "max"), rollup(60, "max")], 60],
])("what is merged is noted by windows of %s", (_, rollups, sizeMs) => {
  expect(mergedSinceSizeMs(rollups)).toBe(sizeMs);
});
