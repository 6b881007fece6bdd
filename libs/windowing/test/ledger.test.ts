import { expect, test } from "vitest";
import { addLedgers, checkLedger, createLedger, WindowingError } from "../src/index.js";

const ledger = createLedger({ read: 15, counted: 1, duplicate: 2, late: 3, quarantined: 4, rejected: 5 });

test("a ledger whose parts add up passes", () => {
  expect(checkLedger(ledger)).toBe(ledger);
  expect(checkLedger(createLedger()).read).toBe(0);
});

test("ledgers add part by part", () => {
  expect(addLedgers(ledger, ledger)).toEqual({
    read: 30,
    counted: 2,
    duplicate: 4,
    late: 6,
    quarantined: 8,
    rejected: 10,
  });
});

test.each([
  ["a record too many", { ...ledger, read: 16 }],
  ["a record that no part holds", { ...ledger, counted: 0 }],
  ["a negative part", { ...ledger, counted: -1, duplicate: 4 }],
  ["a fraction", { ...ledger, counted: 0.5, duplicate: 2.5 }],
  ["NaN", { ...ledger, read: Number.NaN }],
])("a ledger with %s is refused", (_, wrong) => {
  expect(() => checkLedger(wrong)).toThrow(WindowingError);
  expect(() => checkLedger(wrong)).toThrow("does not add up");
});
