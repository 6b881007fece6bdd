import type { ColumnWriter } from "./column-writers.js";
import { parseDecimal, writeDecimal, type Decimal } from "./decimal.js";
import { unencodable } from "../errors.js";

const LEAST_INT8 = -(2n ** 63n);
const GREATEST_INT8 = 2n ** 63n - 1n;
const MOST_WHOLE_DIGITS = 131_072; // of a numeric without a precision
const MOST_FRACTION_DIGITS = 16_383;

export function integers(
  type: string,
  column: string,
  bytes: 2 | 4 | 8,
  least: number,
  greatest: number,
): ColumnWriter {
  return (out, value) => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > greatest) {
      throw unencodable(column, type, value);
    }
    out.int32(bytes);
    if (bytes === 2) out.int16(value);
    else if (bytes === 4) out.int32(value);
    else out.int64(value);
  };
}

/** Safe integers, and bigints of 64 bits. */
export function bigints(type: string, column: string): ColumnWriter {
  const writeNumber = integers(type, column, 8, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  return (out, value) => {
    if (typeof value !== "bigint") {
      writeNumber(out, value);
      return;
    }
    if (value < LEAST_INT8 || value > GREATEST_INT8) throw unencodable(column, type, value);
    out.int32(8);
    out.bigInt64(value);
  };
}

export function doubles(type: string, column: string): ColumnWriter {
  return (out, value) => {
    if (typeof value !== "number") throw unencodable(column, type, value);
    out.int32(8);
    out.float64(value);
  };
}

/** Numbers, rounded to the 24 bits of a real; not those that would become infinite or zero. */
export function reals(type: string, column: string): ColumnWriter {
  return (out, value) => {
    if (typeof value !== "number") throw unencodable(column, type, value);
    const rounded = Math.fround(value);
    if (Number.isFinite(value) && (!Number.isFinite(rounded) || (rounded === 0 && value !== 0)))
      throw unencodable(column, type, value);
    out.int32(4);
    out.float32(value);
  };
}

/** Decimal text, numbers and bigints that the column holds exactly. */
export function decimals(type: string, column: string): ColumnWriter {
  const [, precision, scale] = /\((\d+)(?:, ?(-?\d+))?\)/.exec(type) ?? [];
  const ownScale = precision === undefined ? undefined : Number(scale ?? 0);
  const mostWhole = ownScale === undefined ? MOST_WHOLE_DIGITS : Number(precision) - ownScale;
  const mostFraction = ownScale ?? MOST_FRACTION_DIGITS;
  const fits = ({ digits, exponent, scale: written }: Decimal) =>
    (digits === "" || (exponent >= -mostFraction && digits.length + exponent <= mostWhole)) &&
    (ownScale !== undefined || written <= MOST_FRACTION_DIGITS);
  return (out, value) => {
    const isNumber = typeof value === "number" || typeof value === "bigint";
    const decimal = isNumber || typeof value === "string" ? parseDecimal(String(value)) : undefined;
    if (decimal === undefined || !fits(decimal)) throw unencodable(column, type, value);
    writeDecimal(out, decimal, Math.max(0, ownScale ?? decimal.scale));
  };
}
