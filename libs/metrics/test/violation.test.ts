import { expect, test } from "vitest";
import {
  conversionAboveVisitors,
  countViolations,
  defineViolation,
  DefinitionError,
  isViolation,
  pageVisitorsAboveVisitors,
} from "@tidemark/metrics";

const rows = [
  { Visitors: 10, PageVisitors: 10, Conversion: 10 },
  { Visitors: 10, PageVisitors: 11, Conversion: 0 },
  { Visitors: 0, PageVisitors: 1, Conversion: 1 },
  { Visitors: 0, PageVisitors: 0, Conversion: 0 },
];

test("a part that is larger than its whole is a violation, an equal one is none", () => {
  expect(rows.map((row) => isViolation(pageVisitorsAboveVisitors, row))).toEqual([false, true, true, false]);
  expect(rows.map((row) => isViolation(conversionAboveVisitors, row))).toEqual([false, false, true, false]);
});

test("violations are counted over rows", () => {
  expect(countViolations(pageVisitorsAboveVisitors, rows)).toBe(2);
  expect(countViolations(conversionAboveVisitors, new Set(rows))).toBe(1);
  expect(countViolations(conversionAboveVisitors, [])).toBe(0);
});

test("a definition is frozen data, and refused where a name is no identifier", () => {
  expect(Object.isFrozen(pageVisitorsAboveVisitors)).toBe(true);
  for (const wrong of [{ name: "a b" }, { part: "" }, { whole: "1" }, { title: "" }]) {
    expect(() => defineViolation({ ...pageVisitorsAboveVisitors, ...wrong })).toThrow(DefinitionError);
  }
  expect(() => defineViolation({ ...pageVisitorsAboveVisitors, part: "a-b" })).toThrow(
    /^The violation "page_visitors_above_visitors" has part "a-b": give .+\.$/,
  );
});
