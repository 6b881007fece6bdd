import * as fc from "fast-check";
import { expect, test } from "vitest";
import { describeValue, MAX_RECEIVED_LENGTH, printable } from "../src/printable.js";
import { isStorableText } from "../src/storable-text.js";
import { oddValue } from "./odd-values.js";

test("shows control, format and lone surrogate characters as escapes", () => {
  expect(printable("a\0b\u001b[31m\u202e\u2028\ud800é小💩")).toBe("a\\u0000b\\u001b[31m\\u202e\\u2028\\ud800é小💩");
  expect(printable("\u{e0041}")).toBe("\\udb40\\udc41");
});

test("cuts long text between characters, and says so", () => {
  expect(printable("a".repeat(MAX_RECEIVED_LENGTH - 1))).toBe("a".repeat(MAX_RECEIVED_LENGTH - 1));
  expect(printable("💩".repeat(1000))).toBe(`${"💩".repeat(MAX_RECEIVED_LENGTH / 2 - 1)}…`);
});

test("describes whatever JSON.parse gives in a few words", () => {
  const values = ["5", 5, -0, 1e21, Infinity, null, true, [1, 2], { a: 1 }];
  expect(values.map((value) => describeValue(value))).toEqual([
    'text "5"',
    "the number 5",
    "the number -0",
    "the number 1e+21",
    "the number Infinity",
    "null",
    "true",
    "an array of length 2",
    "an object",
  ]);
});

test("stays printable, storable and bounded for any value", () => {
  fc.assert(
    fc.property(fc.oneof(oddValue, fc.string({ unit: "binary", maxLength: 300 })), (value) => {
      const shown = describeValue(value);
      expect(shown.length).toBeLessThanOrEqual(MAX_RECEIVED_LENGTH);
      expect(isStorableText(shown)).toBe(true);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
    { numRuns: 2000 },
  );
});
