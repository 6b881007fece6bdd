import { MAX_COUNT, MAX_NAME_LENGTH, MAX_TS, type SocmedEvent } from "./event.js";
import { readLowerUuid, UUID_LENGTH } from "./uuid-shape.js";

/**
 * The event of bytes that are spelt as `encode` spells them (or with one space behind each colon and comma, as Python's
 * json does): keys in wire order, an ID in lower case, printable ASCII names, plain digits. Null for anything else, valid
 * or not: then JSON.parse and the schema decide. Property tests hold it equal to them wherever it gives an event.
 */
export function scanEvent(bytes: Uint8Array): SocmedEvent | null {
  const cursor: Cursor = { bytes, at: 0 };
  if (!skip(cursor, openings.ID)) return null;
  const id = readLowerUuid(bytes, cursor.at);
  cursor.at += UUID_LENGTH;
  if (id === null || bytes[cursor.at] !== QUOTE) return null;
  cursor.at += 1;
  const city = skip(cursor, openings.Kota) ? readName(cursor) : null;
  if (city === null) return null;
  const platform = skip(cursor, openings.Sosial_Media) ? readName(cursor) : null;
  if (platform === null) return null;
  const usageCount = skip(cursor, openings.Usage_Count) ? readInteger(cursor, MAX_COUNT) : NONE;
  const sales = usageCount !== NONE && skip(cursor, openings.Sales) ? readInteger(cursor, MAX_COUNT) : NONE;
  const visitors = sales !== NONE && skip(cursor, openings.Visitors) ? readInteger(cursor, MAX_COUNT) : NONE;
  const pageVisitors = visitors !== NONE && skip(cursor, openings.PageVisitors) ? readInteger(cursor, MAX_COUNT) : NONE;
  const conversion = pageVisitors !== NONE && skip(cursor, openings.Conversion) ? readInteger(cursor, MAX_COUNT) : NONE;
  const ts = conversion !== NONE && skip(cursor, openings.Ts) ? readInteger(cursor, MAX_TS) : NONE;
  if (ts === NONE || bytes[cursor.at] !== CLOSING_BRACE || cursor.at + 1 !== bytes.length) return null;
  return {
    ID: id,
    Kota: city,
    Sosial_Media: platform,
    Usage_Count: usageCount,
    Sales: sales,
    Visitors: visitors,
    PageVisitors: pageVisitors,
    Conversion: conversion,
    Ts: ts,
  };
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

const NONE = -1;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const TILDE = 0x7e;
const CLOSING_BRACE = 0x7d;
const MAX_DIGITS = 12;

/** What stands before each value. */
const openings = {
  ID: opening('{"ID":"'),
  Kota: opening(',"Kota":"'),
  Sosial_Media: opening(',"Sosial_Media":"'),
  Usage_Count: opening(',"Usage_Count":'),
  Sales: opening(',"Sales":'),
  Visitors: opening(',"Visitors":'),
  PageVisitors: opening(',"PageVisitors":'),
  Conversion: opening(',"Conversion":'),
  Ts: opening(',"Ts":'),
} as const;

function opening(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Goes over the opening, and over one space behind each of its commas and colons where there is one. */
function skip(cursor: Cursor, wanted: Uint8Array): boolean {
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

function readInteger(cursor: Cursor, max: number): number {
  const { bytes, at: from } = cursor;
  let at = from;
  let value = 0;
  for (; at < from + MAX_DIGITS; at += 1) {
    const digit = (bytes[at] as number) - ZERO;
    // Also false behind the last byte, where it is NaN.
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
  }
  if (at === from || value > max || (bytes[from] === ZERO && at > from + 1)) return NONE;
  cursor.at = at;
  return value;
}

/** The text up to the next quote, which is passed; null where a name could need unescaping, trimming or another look. */
function readName(cursor: Cursor): string | null {
  const { bytes, at: from } = cursor;
  let at = from;
  let hash = 0;
  for (; bytes[at] !== QUOTE; at += 1) {
    const byte = bytes[at];
    if (byte === undefined || byte < SPACE || byte > TILDE || byte === BACKSLASH) return null;
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const length = at - from;
  if (length === 0 || length > MAX_NAME_LENGTH || bytes[from] === SPACE || bytes[at - 1] === SPACE) return null;
  cursor.at = at + 1;
  return internName(bytes, from, length, hash);
}

interface KnownName {
  readonly bytes: Uint8Array;
  readonly text: string;
}

// Names repeat: the last one of each hash is kept, so that most cost a comparison and no new string.
const knownNames: (KnownName | undefined)[] = Array.from({ length: 1024 });

function internName(bytes: Uint8Array, from: number, length: number, hash: number): string {
  const slot = (hash ^ (hash >>> 10)) & (knownNames.length - 1);
  const known = knownNames[slot];
  if (known !== undefined && isSame(known.bytes, bytes, from, length)) return known.text;
  const own = bytes.slice(from, from + length);
  const text = String.fromCharCode(...own);
  knownNames[slot] = { bytes: own, text };
  return text;
}

function isSame(known: Uint8Array, bytes: Uint8Array, from: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let index = 0; index < length; index += 1) if (known[index] !== bytes[from + index]) return false;
  return true;
}
