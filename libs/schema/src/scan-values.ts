/** The parts of a compiled scanner: each reads one value at the cursor, or says that JSON.parse must. */
import { readLowerUuid, readUuidWords, UUID_LENGTH } from "./uuid-shape.js";

/** A place within the bytes of one event. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** Not an integer that `readCount` takes. */
export const NONE = -1;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const TILDE = 0x7e;

/** Goes over the bytes before a value, and over one space behind each of their commas and colons where there is one. */
export function skip(cursor: Cursor, wanted: Uint8Array): boolean {
  const { bytes, at } = cursor;
  const last = wanted.length - 1;
  for (let index = 0; index < last; index += 1) {
    if (bytes[at + index] !== wanted[index]) return skipSpaced(cursor, wanted);
  }
  // Behind a colon at the end there may be a space.
  if (bytes[at + last] !== wanted[last] || bytes[at + last + 1] === SPACE) return skipSpaced(cursor, wanted);
  cursor.at = at + wanted.length;
  return true;
}

function skipSpaced(cursor: Cursor, wanted: Uint8Array): boolean {
  const { bytes } = cursor;
  let at = cursor.at;
  for (const byte of wanted) {
    if (bytes[at] !== byte) return false;
    at += 1;
    if ((byte === COLON || byte === COMMA) && bytes[at] === SPACE) at += 1;
  }
  cursor.at = at;
  return true;
}

/** Goes over exactly these bytes. */
export function skipExactly(cursor: Cursor, wanted: Uint8Array): boolean {
  const { bytes, at } = cursor;
  for (let index = 0; index < wanted.length; index += 1) if (bytes[at + index] !== wanted[index]) return false;
  cursor.at = at + wanted.length;
  return true;
}

/** A lower-case UUID and the quote behind it. */
export function readUuid(cursor: Cursor): string | null {
  const { bytes, at } = cursor;
  if (bytes[at + UUID_LENGTH] !== QUOTE) return null;
  cursor.at = at + UUID_LENGTH + 1;
  return readLowerUuid(bytes, at);
}

/** As `readUuid`, into words. */
export function readWords(cursor: Cursor, words: Int32Array): boolean {
  const { bytes, at } = cursor;
  if (bytes[at + UUID_LENGTH] !== QUOTE) return false;
  cursor.at = at + UUID_LENGTH + 1;
  return readUuidWords(bytes, at, words);
}

// Every number of 16 digits up to the largest safe integer is exact, and a larger one stays larger.
const MAX_DIGITS = 16;

/** A plain integer from `min`, which is at least 0, to `max`. */
export function readCount(cursor: Cursor, min: number, max: number): number {
  const { bytes, at: from } = cursor;
  let at = from;
  let value = 0;
  for (; at < from + MAX_DIGITS; at += 1) {
    const digit = (bytes[at] as number) - ZERO;
    // Also false behind the last byte, where it is NaN.
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
  }
  if (at === from || value > max || value < min || (bytes[from] === ZERO && at > from + 1)) return NONE;
  cursor.at = at;
  return value;
}

/** A plain integer from `min` to `max`; null where it is none. */
export function readInteger(cursor: Cursor, min: number, max: number): number | null {
  const isNegative = cursor.bytes[cursor.at] === MINUS;
  if (isNegative) cursor.at += 1;
  const size = readCount(cursor, 0, Number.MAX_SAFE_INTEGER);
  if (size === NONE) return null;
  // 0 - 0 is 0, and not -0.
  const value = isNegative ? 0 - size : size;
  return value >= min && value <= max ? value : null;
}

const powersOfTen = Array.from({ length: MAX_DIGITS }, (_, exponent) => 10 ** exponent);

/**
 * A number of at most 15 digits without an exponent; null where it is none. Digits and power of ten are exact, so that their
 * quotient is rounded once, as JSON.parse rounds (Clinger 1990, "How to Read Floating Point Numbers Accurately").
 */
export function readDouble(cursor: Cursor): number | null {
  const { bytes } = cursor;
  let at = cursor.at;
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at += 1;
  const from = at;
  let point = -1;
  let value = 0;
  for (; ; at += 1) {
    const byte = bytes[at] as number;
    if (byte === POINT && point === -1 && at > from) point = at;
    else if (byte >= ZERO && byte <= ZERO + 9) value = value * 10 + byte - ZERO;
    else break;
    if (at - from >= MAX_DIGITS) return null;
  }
  const digits = at - from - (point === -1 ? 0 : 1);
  const fraction = point === -1 ? 0 : at - point - 1;
  if (digits === 0 || digits > 15 || fraction === digits || (point !== -1 && fraction === 0)) return null;
  if (bytes[from] === ZERO && digits - fraction > 1) return null;
  const end = bytes[at];
  // An exponent follows.
  if (end === 0x65 || end === 0x45) return null;
  cursor.at = at;
  const size = value / (powersOfTen[fraction] as number);
  return isNegative ? 0 - size : size;
}

const TRUE = Uint8Array.of(0x74, 0x72, 0x75, 0x65);
const FALSE = Uint8Array.of(0x66, 0x61, 0x6c, 0x73, 0x65);
const NULL = Uint8Array.of(0x6e, 0x75, 0x6c, 0x6c);

export function readBoolean(cursor: Cursor): boolean | null {
  if (skipExactly(cursor, TRUE)) return true;
  return skipExactly(cursor, FALSE) ? false : null;
}

export function skipNull(cursor: Cursor): boolean {
  return skipExactly(cursor, NULL);
}

export function skipQuote(cursor: Cursor): boolean {
  if (cursor.bytes[cursor.at] !== QUOTE) return false;
  cursor.at += 1;
  return true;
}

/** Longest text that a scanner reads itself. */
const MAX_TEXT = 256;

/** Texts that came before, by hash. Texts repeat, so that most cost a comparison and no new string. */
export type KnownTexts = (string | undefined)[];

export function createKnownTexts(): KnownTexts {
  return Array.from({ length: 1024 });
}

/** The text up to the next quote, which is passed; null where it could need unescaping or another look. */
export function readText(cursor: Cursor, min: number, max: number, known: KnownTexts): string | null {
  const { bytes, at: from } = cursor;
  let at = from;
  let hash = 0;
  for (; bytes[at] !== QUOTE; at += 1) {
    const byte = bytes[at];
    if (byte === undefined || byte < SPACE || byte > TILDE || byte === BACKSLASH) return null;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const length = at - from;
  if (length < min || length > max || length > MAX_TEXT) return null;
  cursor.at = at + 1;
  return internText(bytes, from, length, hash, known);
}

/** As `readText`, of a text that is trimmed: null where it begins or ends with a space. */
export function readTrimmed(cursor: Cursor, min: number, max: number, known: KnownTexts): string | null {
  const { bytes, at } = cursor;
  if (bytes[at] === SPACE) return null;
  const text = readText(cursor, min, max, known);
  return bytes[cursor.at - 2] === SPACE ? null : text;
}

function internText(bytes: Uint8Array, from: number, length: number, hash: number, known: KnownTexts): string {
  const slot = (hash ^ (hash >>> 10)) & (known.length - 1);
  const text = known[slot];
  if (text !== undefined && isSame(text, bytes, from, length)) return text;
  const own = String.fromCharCode(...bytes.subarray(from, from + length));
  known[slot] = own;
  return own;
}

function isSame(text: string, bytes: Uint8Array, from: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let index = 0; index < length; index += 1) if (text.charCodeAt(index) !== bytes[from + index]) return false;
  return true;
}
