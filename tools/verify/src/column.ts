import { isUtf8 } from "node:buffer";
import type { PgColumn } from "drizzle-orm/pg-core";
import { quote } from "./snapshot.js";

/**
 * How values of a column are read and compared, each exactly: doubles and int4 as numbers, bytes as bytes, all else as the
 * text that Postgres writes.
 */
export interface ComparedColumn {
  /** In the database. */
  readonly name: string;
  /** In the Drizzle table, and in what is expected. */
  readonly property: string;
  /** What reads it in SQL. */
  readonly select: string;
  /** An expected value (a number is epoch ms where the column is a time, or s where `unit` says so) as it is read. */
  readonly toStored: (value: unknown) => unknown;
}

const numbers = new Set(["integer", "double precision"]);

export function compareColumn(property: string, column: PgColumn): ComparedColumn {
  const type = column.getSQLType();
  const name = column.name;
  if (numbers.has(type) || type === "bytea") return { name, property, select: quote(name), toStored: same };
  const isTime = type.startsWith("timestamp");
  // `Ts` is the only time that an event counts in seconds.
  const perUnit = property === "Ts" ? 1000 : 1;
  const toStored = isTime ? (value: unknown) => timeOrNull(value, perUnit) : textOrNull;
  return { name, property, select: `${quote(name)}::text`, toStored };
}

const same = (value: unknown) => value ?? null;
const textOrNull = (value: unknown) => (value === null || value === undefined ? null : String(value));

function timeOrNull(value: unknown, perUnit: number): string | null {
  return typeof value === "number" && Number.isFinite(value) ? formatStoredTime(value * perUnit) : null;
}

let lastMs = NaN;
let lastText = "";

/** As Postgres writes a timestamptz in UTC: `2024-02-03 17:00:00.25+00`. */
export function formatStoredTime(ms: number): string {
  if (ms === lastMs) return lastText;
  const [date = "", time = ""] = new Date(ms).toISOString().slice(0, -1).split("T");
  lastMs = ms;
  // A fraction is always there, so that only its zeros are taken off.
  lastText = `${date} ${time.replace(/\.?0+$/, "")}+00`;
  return lastText;
}

/** Doubles bit by bit, so that -0 is not 0; bytes one by one. */
export function isSame(expected: unknown, found: unknown): boolean {
  if (expected instanceof Uint8Array && found instanceof Uint8Array) return Buffer.compare(expected, found) === 0;
  return Object.is(expected, found);
}

/** A value for people, whole: times in ISO form, bytes as the text that they are, or in hex. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  if (value instanceof Uint8Array) return showBytes(value);
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "string") return String(value);
  const time = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00$/.exec(value);
  return time === null ? value : `${time[1]}T${time[2]}Z`;
}

export function showBytes(bytes: Uint8Array | null): string {
  if (bytes === null) return "no value";
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = isUtf8(buffer) ? buffer.toString() : `\\x${buffer.toString("hex")}`;
  return `${text} (${bytes.byteLength} bytes)`;
}
