import type { TimeUnit } from "@tidemark/schema";
import { unencodable } from "../errors.js";
import { timestampRange } from "../tables/timestamp-range.js";
import type { ColumnWriter } from "./column-writers.js";

const DAY_MS = 86_400_000;
const POSTGRES_EPOCH_DAY = 10_957; // 2000-01-01, as days since 1970
const POSTGRES_DIGITS = 6;
const ISO_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[T ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?(?:Z|([+-])(0\d|1[0-5]):?([0-5]\d))$/;
const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)$/;

/**
 * Numbers of the unit since 1970, Dates, and ISO 8601 text with an offset; a column without a time zone holds UTC. Digits
 * beyond the column's precision are cut, not rounded.
 */
export function timestamps(type: string, column: string, unit: TimeUnit): ColumnWriter {
  const digits = Number(/\((\d)\)/.exec(type)?.[1] ?? POSTGRES_DIGITS);
  const stepMs = digits < 3 ? 10 ** (3 - digits) : 1;
  const stepMicros = digits < 3 ? 1000 : 10 ** (POSTGRES_DIGITS - digits);
  return (out, value) => {
    let ms = Number.NaN;
    let micros = 0;
    if (typeof value === "number") {
      if (unit === "s") ms = value * 1000;
      else if (unit === "ms") ms = value;
      else if (unit === "us" && Number.isSafeInteger(value)) {
        ms = Math.floor(value / 1000);
        micros = value - ms * 1000;
      }
    } else if (value instanceof Date) {
      ms = value.getTime();
    } else if (typeof value === "string") {
      const parts = ISO_TIME.exec(value);
      if (parts !== null) {
        ms = toEpochMs(parts);
        micros = Number((parts[7] ?? "").slice(3, POSTGRES_DIGITS).padEnd(3, "0"));
      }
    }
    if (!Number.isInteger(ms) || ms < timestampRange.earliestMs || ms > timestampRange.latestMs)
      throw unencodable(column, type, value);
    out.int32(8);
    out.timestamp(cut(ms, stepMs), cut(micros, stepMicros));
  };
}

function cut(value: number, step: number): number {
  return step === 1 ? value : Math.floor(value / step) * step;
}

/** The milliseconds of a matched text; NaN for a day that does not exist. */
function toEpochMs([, year, month, day, hour, minute, second, fraction = "", sign, hours, minutes]: RegExpExecArray) {
  const dayMs = startOfDayMs(Number(year), Number(month), Number(day));
  const inDayMs = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
  const offsetMs = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60_000;
  return dayMs + inDayMs + Number(fraction.slice(0, 3).padEnd(3, "0")) - (sign === "-" ? -offsetMs : offsetMs);
}

/** Years of four digits from 0001 on: Postgres has no year 0. */
function startOfDayMs(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() : Number.NaN;
}

/** `YYYY-MM-DD`, or the UTC day of a Date. */
export function dates(type: string, column: string): ColumnWriter {
  return (out, value) => {
    let ms = Number.NaN;
    if (value instanceof Date) {
      ms = value.getTime();
    } else if (typeof value === "string") {
      const [, year, month, day] = ISO_DATE.exec(value) ?? [];
      ms = startOfDayMs(Number(year), Number(month), Number(day));
    }
    if (!(ms >= timestampRange.earliestMs)) throw unencodable(column, type, value);
    out.int32(4);
    out.int32(Math.floor(ms / DAY_MS) - POSTGRES_EPOCH_DAY);
  };
}
