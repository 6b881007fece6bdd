import type { OracleTimeUnit } from "./definition.js";

const isoTime = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-5]):[0-5]\d)$/;

/** ISO 8601 with seconds, an offset, and up to nine digits of a fraction. */
export function isIsoTime(text: string): boolean {
  const date = isoTime.exec(text)?.[1];
  return date !== undefined && isDate(date);
}

/** `YYYY-MM-DD` from the year 1 on: the calendar would give another day for one that does not exist. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text.startsWith("0000")) return false;
  const day = new Date(dayMsOf(text));
  return day.getUTCMonth() + 1 === Number(text.slice(5, 7)) && day.getUTCDate() === Number(text.slice(8, 10));
}

/** After so many years the calendar begins again. Added to a year, so that Date.UTC takes none for one of two digits. */
const cycle = { years: 400, ms: 146_097 * 86_400_000 };

/** The start in epoch ms of the day that a text begins with. */
function dayMsOf(text: string): number {
  const [year, month, day] = [text.slice(0, 4), text.slice(5, 7), text.slice(8, 10)].map(Number) as [
    number,
    number,
    number,
  ];
  return Date.UTC(year + cycle.years, month - 1, day) - cycle.ms;
}

export function looksLikeIsoText(text: string): boolean {
  return /^\d{4}-\d\d-\d\d($|[T ]\d\d:\d\d)/.test(text);
}

/** An event's time in epoch ms, rounded down. */
export function timeMsOf(value: unknown, unit: OracleTimeUnit): number {
  switch (unit) {
    case "s":
      return Number(value) * 1000;
    case "ms":
      return Number(value);
    case "us":
      return Math.floor(Number(value) / 1000);
    case "iso":
      return isoToMs(String(value));
  }
}

/** Digits behind the ms are cut, which rounds down before 1970 too. */
function isoToMs(text: string): number {
  const hours = Number(text.slice(11, 13));
  const minutes = Number(text.slice(14, 16));
  const seconds = Number(text.slice(17, 19));
  const [, fraction = "", sign, offsetHours, offsetMinutes] = /(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/.exec(text) ?? [];
  const ms = Number(fraction.slice(0, 3).padEnd(3, "0"));
  const offset = sign === undefined ? 0 : Number(`${sign}1`) * (Number(offsetHours) * 60 + Number(offsetMinutes));
  return dayMsOf(text) + ((hours * 60 + minutes - offset) * 60 + seconds) * 1000 + ms;
}
