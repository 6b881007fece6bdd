import { expect, test } from "vitest";
import { isDate, isIsoTime, timeBounds } from "../src/time-bounds.js";

test("dates are the days that exist in the years 0001 to 9999, as JavaScript's calendar has them", () => {
  const wrong: string[] = [];
  for (const year of ["0000", "0001", "0004", "1600", "1900", "1970", "2000", "2023", "2024", "2100", "9999"]) {
    for (let month = 0; month <= 13; month += 1) {
      for (let day = 0; day <= 32; day += 1) {
        const text = `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
        const time = new Date(`${text}T00:00:00Z`);
        const exists = !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text) && year !== "0000";
        if (isDate(text) !== exists || isIsoTime(`${text}T00:00:00Z`) !== exists) wrong.push(text);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test.each(["2024-2-3", "2024-02-03 ", "2024-02-03T00:00:00Z", "20240203", "+12024-02-03", "2024-02-03\n"])(
  "%j is no date",
  (text) => {
    expect(isDate(text)).toBe(false);
  },
);

test.each([
  "2024-02-03T17:26:45Z",
  "2024-02-29T23:59:59.123456789+07:00",
  "0001-01-01T00:00:00-15:59",
  "9999-12-31T23:59:59.9Z",
])("%s is a time", (text) => {
  expect(isIsoTime(text)).toBe(true);
});

test.each([
  "2024-02-03T17:26:45",
  "2024-02-03T17:26Z",
  "2024-02-03T24:00:00Z",
  "2024-02-03T17:60:00Z",
  "2024-02-03T17:26:60Z",
  "2024-02-03T17:26:45.1234567890Z",
  "2024-02-03T17:26:45.Z",
  "2024-02-03T17:26:45+16:00",
  "2024-02-03T17:26:45+0700",
  "2024-02-03 17:26:45Z",
  "2024-02-03T17:26:45z",
  " 2024-02-03T17:26:45Z",
])("%s is no time", (text) => {
  expect(isIsoTime(text)).toBe(false);
});

test("times of every unit end with the year 9999, or where numbers stop being exact", () => {
  expect(new Date(timeBounds.s.max * 1000).toISOString()).toBe("9999-12-31T23:59:59.000Z");
  expect(new Date(timeBounds.ms.max).toISOString()).toBe("9999-12-31T23:59:59.999Z");
  expect(new Date(timeBounds.us.max / 1000).toISOString()).toMatch(/^2255-/);
});
