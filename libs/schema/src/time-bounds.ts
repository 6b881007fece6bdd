import type { TimeUnit } from "./field.js";

/** Largest time in epoch seconds: 9999-12-31T23:59:59Z. */
export const MAX_EPOCH_SECONDS = 253_402_300_799;

/** Default bounds of a time in each unit that is a number: from 1970 to the end of the year 9999, where it is safe. */
export const timeBounds = {
  s: { min: 0, max: MAX_EPOCH_SECONDS },
  ms: { min: 0, max: MAX_EPOCH_SECONDS * 1000 + 999 },
  us: { min: 0, max: Number.MAX_SAFE_INTEGER },
} as const satisfies Record<Exclude<TimeUnit, "iso">, { min: number; max: number }>;

/**
 * ISO 8601 with seconds and an offset, up to nine fractional digits, and a day that exists. Years 0001 to 9999 and
 * offsets up to 15:59, because Postgres refuses others.
 */
export function isIsoTime(text: string): boolean {
  return ISO_TIME.test(text) && isDay(text);
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-5]):[0-5]\d)$/;

/** `YYYY-MM-DD`, a day that exists in the years 0001 to 9999. */
export function isDate(text: string): boolean {
  return text.length === 10 && /^\d{4}-\d\d-\d\d$/.test(text) && isDay(text);
}

// The first ten characters are known to be digits and dashes in their places.
function isDay(text: string): boolean {
  const year = Number(text.slice(0, 4));
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8, 10));
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && isLeap ? 29 : (daysOfMonth[month - 1] as number));
}

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether text looks like a date or a time as ISO 8601 writes them, to give a hint. */
export function looksLikeIsoText(text: string): boolean {
  return /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d|$)/.test(text);
}
