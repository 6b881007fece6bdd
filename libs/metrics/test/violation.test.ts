import { expect, test } from "vitest";
import { countViolations, defineViolation, DefinitionError, isViolation } from "@tidemark/metrics";
import { refundsAboveOrders, returnsAboveOrders } from "./rows.js";

const rows = [
  { orders: 10, returns: 10, refunds: 10 },
  { orders: 10, returns: 11, refunds: 0 },
  { orders: 0, returns: 1, refunds: 1 },
  { orders: 0, returns: 0, refunds: 0 },
];

test("a part that is larger than its whole is a violation, an equal one is none", () => {
  expect(rows.map((row) => isViolation(returnsAboveOrders, row))).toEqual([false, true, true, false]);
  expect(rows.map((row) => isViolation(refundsAboveOrders, row))).toEqual([false, false, true, false]);
});

test("violations are counted over rows", () => {
  expect(countViolations(returnsAboveOrders, rows)).toBe(2);
  expect(countViolations(refundsAboveOrders, new Set(rows))).toBe(1);
  expect(countViolations(refundsAboveOrders, [])).toBe(0);
});

test("a definition is frozen data, and refused where a name is no identifier", () => {
  expect(Object.isFrozen(returnsAboveOrders)).toBe(true);
  for (const wrong of [{ name: "a b" }, { part: "" }, { whole: "1" }, { title: "" }]) {
    expect(() => defineViolation({ ...returnsAboveOrders, ...wrong })).toThrow(DefinitionError);
  }
  expect(() => defineViolation({ ...returnsAboveOrders, part: "a-b" })).toThrow(
    /^The violation "returns_above_orders" has part "a-b": give .+\.$/,
  );
});
