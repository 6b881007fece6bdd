import { oidOf } from "../copy/column-writers.js";

/** Reads a value from the bytes that a COPY holds of it. */
export type FieldReader = (bytes: Buffer) => unknown;

const POSTGRES_EPOCH_MS = 946_684_800_000; // 2000-01-01T00:00:00Z
const DAY_MS = 86_400_000;
const GROUP_DIGITS = 4; // numeric counts in base 10,000
const NEGATIVE = 0x4000;
const MOST_REAL_DIGITS = 9;
const MOST_DIGITS_SHOWN = 100;
const BEYOND = 1 + 2 ** -20;

const readText: FieldReader = (bytes) => bytes.toString();

/** By the number of the type in Postgres. */
const READERS: ReadonlyMap<number, FieldReader> = new Map<number, FieldReader>([
  [16, (bytes) => bytes[0] === 1],
  [17, (bytes) => Uint8Array.from(bytes)],
  [20, (bytes) => safeOrText(bytes.readBigInt64BE())],
  [21, (bytes) => bytes.readInt16BE()],
  [23, (bytes) => bytes.readInt32BE()],
  [114, (bytes) => JSON.parse(bytes.toString()) as unknown],
  [700, (bytes) => shortestReal(bytes.readFloatBE())],
  [701, (bytes) => bytes.readDoubleBE()],
  [1082, (bytes) => dateText(bytes.readInt32BE())],
  [1114, readTime],
  [1184, readTime],
  [1700, readNumeric],
  [2950, (bytes) => bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")],
  [3802, (bytes) => JSON.parse(bytes.subarray(1).toString()) as unknown],
]);

/** A reader of the SQL type's values, as a driver gives them; times become epoch ms, with microseconds as a fraction. */
export function fieldReader(type: string): FieldReader {
  const element = type.replace(/\[\d*\]$/, "");
  const length = /^char\w*\((\d+)\)/.exec(element)?.[1];
  const read = READERS.get(oidOf(element) ?? 0) ?? (length === undefined ? readText : paddedText(Number(length)));
  return element === type ? read : (bytes) => readArray(bytes, read);
}

function safeOrText(value: bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

/** Characters are code points. */
function paddedText(length: number): FieldReader {
  return (bytes) => {
    const text = bytes.toString();
    return text + " ".repeat(Math.max(0, length - [...text].length));
  };
}

/** The double of the fewest digits that is the same real: Postgres writes these digits. */
function shortestReal(value: number): number {
  if (value === 0) return value; // or -0
  for (let digits = 1; digits < MOST_REAL_DIGITS; digits += 1) {
    const shorter = roundHalfEven(value, digits);
    // A little further away, since Postgres takes no digits that lie halfway between two reals.
    if (Math.fround(value + (shorter - value) * BEYOND) === value) return shorter;
  }
  return roundHalfEven(value, MOST_REAL_DIGITS);
}

/** Rounds to significant digits. JavaScript rounds a tie away from zero, Postgres to the even digit. */
function roundHalfEven(value: number, digits: number): number {
  const [mantissa = "", exponent] = Math.abs(value).toExponential(MOST_DIGITS_SHOWN).split("e");
  const all = mantissa.replace(".", "");
  const isTie = /^50*$/.test(all.slice(digits));
  if (!isTie || Number(all[digits - 1]) % 2 === 1) return Number(value.toPrecision(digits));
  return Math.sign(value) * Number(`${all[0]}.${all.slice(1, digits)}e${exponent}`);
}

function dateText(days: number): string {
  return new Date(POSTGRES_EPOCH_MS + days * DAY_MS).toISOString().slice(0, -"T00:00:00.000Z".length);
}

function readTime(bytes: Buffer): number {
  const micros = bytes.readBigInt64BE();
  return Number(micros / 1000n) + POSTGRES_EPOCH_MS + Number(micros % 1000n) / 1000;
}

function readNumeric(bytes: Buffer): string {
  const [groups, weight, sign, scale] = [0, 2, 4, 6].map((at) => bytes.readInt16BE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const groupAt = (at: number) =>
    at < 0 || at >= groups ? "0000" : String(bytes.readInt16BE(8 + 2 * at)).padStart(GROUP_DIGITS, "0");
  let whole = "";
  for (let at = 0; at <= weight; at += 1) whole += groupAt(at);
  let fraction = "";
  for (let at = weight + 1; fraction.length < scale; at += 1) fraction += groupAt(at);
  const text = whole.replace(/^0+/, "") || "0";
  return `${sign === NEGATIVE ? "-" : ""}${text}${scale > 0 ? `.${fraction.slice(0, scale)}` : ""}`;
}

function readArray(bytes: Buffer, read: FieldReader): readonly unknown[] {
  const values: unknown[] = [];
  const dimensions = bytes.readInt32BE(0);
  for (let at = 12 + 8 * dimensions; at < bytes.length;) {
    const length = bytes.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : read(bytes.subarray(at, at + length)));
    if (length > 0) at += length;
  }
  return values;
}
