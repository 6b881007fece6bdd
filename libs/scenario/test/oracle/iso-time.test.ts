import fc from "fast-check";
import { expect, it } from "vitest";
import { isDate, timeMsOf } from "../../src/oracle/iso-time.js";

const dates = fc.date({
  min: new Date("0001-01-02T00:00:00Z"),
  max: new Date("9999-12-30T00:00:00Z"),
  noInvalidDate: true,
});

it("ISO text is the time that it was made of, whatever its offset", () => {
  fc.assert(
    fc.property(
      dates,
      fc.integer({ min: -959, max: 959 }),
      fc.integer({ min: 0, max: 999_999 }),
      (date, offset, deeper) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const pad = (number: number) => String(Math.floor(Math.abs(number))).padStart(2, "0");
        const text = `${local}${deeper}${offset < 0 ? "-" : "+"}${pad(offset / 60)}:${pad(offset % 60)}`;
        expect(timeMsOf(text, "iso")).toBe(date.getTime());
      },
    ),
  );
});

it("a date is a day that exists", () => {
  fc.assert(
    fc.property(fc.nat(9999), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 }), (year, month, day) => {
      const text = [String(year).padStart(4, "0"), ...[month, day].map((part) => String(part).padStart(2, "0"))].join(
        "-",
      );
      const ms = Date.parse(`${text}T00:00:00Z`);
      const exists = year > 0 && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
      expect(isDate(text)).toBe(exists);
    }),
    { numRuns: 2_000 },
  );
});
