import type { ByteWriter } from "./byte-writer.js";

/** A decimal number: `digits` times ten to the power of `exponent`. */
export interface Decimal {
  readonly isNegative: boolean;
  /** Without zeros at either end; empty for zero. */
  readonly digits: string;
  readonly exponent: number;
  /** How many digits stand behind the point as it was written. */
  readonly scale: number;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;
const GROUP_DIGITS = 4; // numeric counts in base 10,000
const NEGATIVE = 0x4000;

/** Reads decimal digits, with an exponent or without. Undefined for any other text. */
export function parseDecimal(text: string): Decimal | undefined {
  const [, sign, whole = "", fraction = "", power = "0"] = DECIMAL.exec(text) ?? [];
  if (sign === undefined || whole.length + fraction.length === 0) return undefined;
  const written = whole + fraction;
  const digits = trimZeros(written);
  const exponent = Number(power) - fraction.length + trailingZeros(written);
  const scale = Math.max(0, fraction.length - Number(power));
  return { isNegative: sign === "-" && digits !== "", digits, exponent: digits === "" ? 0 : exponent, scale };
}

// Loops, since a regular expression for zeros at the end is quadratic.
function trailingZeros(text: string): number {
  let count = 0;
  while (count < text.length && text.charCodeAt(text.length - 1 - count) === 48) count += 1;
  return count;
}

function trimZeros(text: string): string {
  let from = 0;
  while (from < text.length && text.charCodeAt(from) === 48) from += 1;
  return text.slice(from, Math.max(from, text.length - trailingZeros(text)));
}

/** Writes a decimal in numeric's binary form, its length before it. `scale` is that of the column, or of the text. */
export function writeDecimal(out: ByteWriter, { isNegative, digits, exponent }: Decimal, scale: number): void {
  const padding = ((exponent % GROUP_DIGITS) + GROUP_DIGITS) % GROUP_DIGITS;
  const aligned = digits === "" ? "" : digits + "0".repeat(padding);
  const groups = Math.ceil(aligned.length / GROUP_DIGITS);
  const padded = aligned.padStart(groups * GROUP_DIGITS, "0");
  const weight = groups === 0 ? 0 : (exponent - padding) / GROUP_DIGITS + groups - 1;
  out.reserve(12 + 2 * groups);
  out.int32(8 + 2 * groups);
  out.int16(groups);
  out.int16(weight);
  out.int16(isNegative ? NEGATIVE : 0);
  out.int16(scale);
  for (let at = 0; at < padded.length; at += GROUP_DIGITS) out.int16(Number(padded.slice(at, at + GROUP_DIGITS)));
}
