import { unencodable } from "../errors.js";
import { timestampRange } from "../tables/timestamp-range.js";
import type { ByteWriter } from "./byte-writer.js";
import { writeUuid } from "./uuid-bytes.js";

/**
 * Writes one non-null value with its int32 length before it, into `maxFixedBytes` of reserved room or room of its own.
 * Throws SinkError `unencodable`, and may have written something then.
 */
export type ColumnWriter = (out: ByteWriter, value: unknown) => void;

/** The room that the largest value takes whose size its type fixes: a UUID, with its length. */
export const maxFixedBytes = 20;

const uuidBytes = 16;
const loneSurrogate = /\p{Surrogate}/u; // UTF-8 has no form for it: it would be written as U+FFFD

function integers(type: string, column: string, bytes: 2 | 4 | 8, least: number, greatest: number): ColumnWriter {
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

function timestamps(type: string, column: string, unitMs: number): ColumnWriter {
  return (out, value) => {
    const ms = typeof value === "number" ? value * unitMs : value instanceof Date ? value.getTime() : Number.NaN;
    if (!Number.isInteger(ms) || ms < timestampRange.earliestMs || ms > timestampRange.latestMs)
      throw unencodable(column, type, value);
    out.int32(8);
    out.timestamp(ms);
  };
}

function uuids(type: string, column: string): ColumnWriter {
  return (out, value) => {
    out.int32(uuidBytes);
    if (typeof value !== "string" || !writeUuid(out, value)) throw unencodable(column, type, value);
  };
}

function texts(type: string, column: string): ColumnWriter {
  return (out, value) => {
    if (typeof value === "string" && out.shortText(value)) return;
    if (typeof value !== "string" || value.includes("\0") || loneSurrogate.test(value))
      throw unencodable(column, type, value);
    out.text(value);
  };
}

/**
 * The writer for a column of the SQL type `type`. A number in a timestamptz column counts units of `unitMs` milliseconds
 * since 1970. Throws SinkError `unencodable` for a type that has no binary writer here.
 */
export function columnWriter(type: string, column: string, unitMs: number): ColumnWriter {
  switch (type.replace(/\(\d+\)$/, "")) {
    case "smallint":
      return integers(type, column, 2, -32_768, 32_767);
    case "integer":
      return integers(type, column, 4, -2_147_483_648, 2_147_483_647);
    case "bigint":
      return integers(type, column, 8, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    case "double precision":
      return (out, value) => {
        if (typeof value !== "number") throw unencodable(column, type, value);
        out.int32(8);
        out.float64(value);
      };
    case "boolean":
      return (out, value) => {
        if (typeof value !== "boolean") throw unencodable(column, type, value);
        out.int32(1);
        out.int8(value ? 1 : 0);
      };
    case "uuid":
      return uuids(type, column);
    case "text":
    case "varchar":
      return texts(type, column);
    case "bytea":
      return (out, value) => {
        if (!(value instanceof Uint8Array)) throw unencodable(column, type, value);
        out.int32(value.length);
        out.raw(value);
      };
    case "timestamp with time zone":
      return timestamps(type, column, unitMs);
    default:
      throw unencodable(column, type, "any value: this type has no binary writer");
  }
}
