import * as fc from "fast-check";
import { expect, test } from "vitest";
import { NONE, readCount, readDouble, readInteger, type Cursor } from "../src/scan-values.js";
import { utf8 } from "./odd-values.js";

const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 18 });
const numeral = fc
  .tuple(
    fc.constantFrom("", "-", "+"),
    digits,
    fc.constantFrom("", ".", ".."),
    digits,
    fc.constantFrom("", "", "e5", "E-3", "e"),
  )
  .map((parts) => parts.join(""));

/** The value by JSON.parse, and null where that refuses the text or more follows. */
function parsed(text: string): number | null {
  try {
    return JSON.parse(text) as number;
  } catch {
    return null;
  }
}

function readWhole<Value>(text: string, read: (cursor: Cursor) => Value): Value | null {
  const cursor = { bytes: utf8(`${text},`), at: 0 };
  const value = read(cursor);
  return cursor.at === text.length ? value : null;
}

test("a double is read as JSON.parse reads it, to the last bit, or left to it", () => {
  let taken = 0;
  const texts = fc.oneof(
    numeral,
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.integer().map((n) => `${n / 1000}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const value = readWhole(text, readDouble);
      taken += value === null ? 0 : 1;
      // -0 is 0 in an event.
      expect(value === null || value === parsed(text)).toBe(true);
    }),
    { numRuns: 5000 },
  );
  expect(taken).toBeGreaterThan(1000);
});

test.each(["01", "-", "-01", "00.5", ".5", "5.", "1e5", "1.5E3", "", "+1", "1234567890123456"])(
  "leaves %j to JSON.parse",
  (text) => {
    expect(readWhole(text, readDouble)).toBeNull();
  },
);

test("integers are read exactly within their bounds, up to the ends of what is safe", () => {
  const { MAX_SAFE_INTEGER: most } = Number;
  expect(readWhole(String(most), (cursor) => readCount(cursor, 0, most))).toBe(most);
  expect(readWhole("9007199254740992", (cursor) => readCount(cursor, 0, most))).toBe(null);
  expect(readWhole(String(-most), (cursor) => readInteger(cursor, -most, most))).toBe(-most);
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.maxSafeNat(), (value, max) => {
      const isWithin = value >= -max && value <= max;
      expect(readInteger({ bytes: utf8(`${value},`), at: 0 }, -max, max)).toBe(isWithin ? value : null);
      const isCount = value >= 5 && value <= max;
      expect(readCount({ bytes: utf8(`${value},`), at: 0 }, 5, max)).toBe(isCount ? value : NONE);
    }),
  );
});
