import { isUtf8 } from "node:buffer";
import type { OracleFieldType } from "@tidemark/scenario/oracle";
import { formatEventTime, formatJson, formatNumeric, formatStoredTime } from "./stored-value.js";

/**
 * How values of a column are read and compared, each exactly: doubles and integers as numbers, bytes as bytes, all else as
 * text in a form that equal values have in common.
 */
export interface ComparedColumn {
  /** In the database. */
  readonly name: string;
  /** In the rows that are expected. */
  readonly property: string;
  /** What reads it in SQL. */
  readonly select: string;
  /** An expected value as it is read. */
  readonly toStored: (value: unknown) => unknown;
  /** A value that was read in the form of `toStored`; undefined: it has that form. */
  readonly fromStored?: (value: unknown) => unknown;
}

interface Column {
  readonly property: string;
  readonly name: string;
  /** As Drizzle writes it, such as `numeric(10, 2)`. */
  readonly type: string;
}

/** How values of one type are compared: what `$` stands for in SQL, and both ways to the form that is compared. */
interface Form {
  readonly sql: string;
  readonly toStored: (value: unknown) => unknown;
  readonly fromStored?: (value: unknown) => unknown;
}

/** `field`: what the values of a field are in the rows that are expected; a time that is none is epoch ms. */
export function compareColumn({ property, name, type }: Column, field?: OracleFieldType): ComparedColumn {
  const { sql, toStored, fromStored } = formOf(type, field);
  const quoted = `"${name.replaceAll('"', '""')}"`;
  return {
    name,
    property,
    select: sql.replaceAll("$", () => quoted),
    toStored: (value) => (value === null || value === undefined ? null : toStored(value)),
    ...(fromStored && { fromStored: (value: unknown) => (value === null ? null : fromStored(value)) }),
  };
}

const same = (value: unknown) => value;
const asText: Form = { sql: "$::text", toStored: String };
const asNumber: Form = { sql: "$", toStored: Number };

function formOf(type: string, field: OracleFieldType | undefined): Form {
  if (type.endsWith("[]")) return formOfArray(type.slice(0, -2), field?.kind === "array" ? field.of : undefined);
  const base = type.replace(/\s*\([\d\s,]*\)/, "");
  switch (base) {
    case "smallint":
    case "integer":
    case "serial":
    case "smallserial":
    case "double precision":
      return asNumber;
    case "real":
      // As the double that it is: of a real's own text another double may be the nearest.
      return { sql: "$::float8", toStored: (value) => Math.fround(Number(value)) };
    case "bytea":
      return { sql: "$", toStored: same };
    case "numeric":
      return { sql: "trim_scale($)::text", toStored: (value) => formatNumeric(String(value)) };
    case "json":
    case "jsonb":
      return { sql: "$::text", toStored: formatJson, fromStored: (text) => formatJson(JSON.parse(String(text))) };
    case "timestamp":
    case "timestamp without time zone":
      return { sql: "$::text", toStored: (value) => formatTime(value, field)?.replace("+00", "") };
    case "timestamp with time zone":
      return { sql: "$::text", toStored: (value) => formatTime(value, field) };
    default:
      return asText;
  }
}

/** Each element in the form of its type, in a JSON array. */
function formOfArray(type: string, field: OracleFieldType | undefined): Form {
  const element = formOf(type, field);
  const { toStored, fromStored = toStored === Number ? Number : same } = element;
  const each = (values: unknown, form: (value: unknown) => unknown) =>
    JSON.stringify((values as readonly unknown[]).map((value) => (value === null ? null : form(value))));
  const canonical = type === "real" ? (value: unknown) => Math.fround(Number(value)) : fromStored;
  return {
    sql: "array_to_json($::text[])::text",
    toStored: (values) => each(values, toStored),
    fromStored: (text) => each(JSON.parse(String(text)), canonical),
  };
}

function formatTime(value: unknown, field: OracleFieldType | undefined): string | null {
  if (field?.kind === "time") return formatEventTime(value, field.unit);
  if (typeof value === "string") return formatEventTime(value, "iso");
  return Number.isFinite(value) ? formatStoredTime(value as number) : null;
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
