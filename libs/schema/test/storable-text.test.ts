import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isStorableText } from "../src/storable-text.js";

const units = fc.string({
  unit: fc.oneof(
    fc.constantFrom("\0", "\ud800", "\udbff", "\udc00", "\udfff", "\ud83d\udca9", "\ud7ff", "\ue000", "a"),
    fc.string({ unit: "binary", maxLength: 2 }),
  ),
});

test("text is storable exactly when it has no NUL and comes back from UTF-8 as it was", () => {
  fc.assert(
    fc.property(units, (text) => {
      const throughUtf8 = new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
      expect(isStorableText(text)).toBe(!text.includes("\0") && throughUtf8 === text);
    }),
    { numRuns: 2000 },
  );
});
