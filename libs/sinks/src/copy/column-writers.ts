import type { TimeUnit } from "@tidemark/schema";
import { unencodable } from "../errors.js";
import { arrays } from "./array-writer.js";
import type { ByteWriter } from "./byte-writer.js";
import { bigints, decimals, doubles, integers, reals } from "./number-writers.js";
import { enumLabels, jsonValues, shortTexts, texts, uuids } from "./text-writers.js";
import { dates, timestamps } from "./time-writers.js";

/**
 * Writes one non-null value with its int32 length before it, into `maxFixedBytes` of reserved room or room of its own.
 * Throws SinkError `unencodable`, and may have written something then.
 */
export type ColumnWriter = (out: ByteWriter, value: unknown) => void;

/** The room that the largest value takes whose size its type fixes: a UUID, with its length. */
export const maxFixedBytes = 20;

/** The column as far as its writer depends on it. */
export interface WrittenColumn {
  readonly name: string;
  /** The SQL type, as Drizzle or Postgres writes it. */
  readonly type: string;
  /** The labels of an enum; of another type they are not looked at. */
  readonly labels?: readonly string[] | undefined;
  /** The unit of numbers in a column of times. */
  readonly unit: TimeUnit;
}

interface Type {
  /** The element type of an array by its number in Postgres. */
  readonly oid: number;
  write(type: string, column: string, unit: TimeUnit): ColumnWriter;
}

const varchar: Type = { oid: 1043, write: (type, column) => limitedTexts(type, column, Number.POSITIVE_INFINITY) };
const char: Type = { oid: 1042, write: (type, column) => limitedTexts(type, column, 1) };
const numeric: Type = { oid: 1700, write: decimals };
const timestamptz: Type = { oid: 1184, write: timestamps };
const timestamp: Type = { oid: 1114, write: timestamps };
const smallint: Type = { oid: 21, write: (type, column) => integers(type, column, 2, -32_768, 32_767) };
const integer: Type = { oid: 23, write: (type, column) => integers(type, column, 4, -2_147_483_648, 2_147_483_647) };
const bigint: Type = { oid: 20, write: bigints };

const TYPES: ReadonlyMap<string, Type> = new Map<string, Type>([
  ["smallint", smallint],
  ["integer", integer],
  ["bigint", bigint],
  ["numeric", numeric],
  ["real", { oid: 700, write: reals }],
  ["double precision", { oid: 701, write: doubles }],
  ["boolean", { oid: 16, write: booleans }],
  ["text", { oid: 25, write: texts }],
  ["varchar", varchar],
  ["char", char],
  ["uuid", { oid: 2950, write: uuids }],
  ["bytea", { oid: 17, write: byteStrings }],
  ["date", { oid: 1082, write: dates }],
  ["timestamp", timestamp],
  ["timestamp with time zone", timestamptz],
  ["json", { oid: 114, write: jsonValues }],
  ["jsonb", { oid: 3802, write: jsonValues }],
]);

/** Other names of these types in Drizzle and Postgres. */
const SYNONYMS: ReadonlyMap<string, Type> = new Map([
  ["smallserial", smallint],
  ["serial", integer],
  ["bigserial", bigint],
  ["decimal", numeric],
  ["character varying", varchar],
  ["character", char],
  ["timestamptz", timestamptz],
  ["timestamp without time zone", timestamp],
]);

/** For messages. */
export const supportedTypes: string = `${[...TYPES.keys()].join(", ")}, enums, and arrays of any of these but enums`;

/** The writer for a column; undefined for a type that has none. */
export function columnWriter({ name, type, labels, unit }: WrittenColumn): ColumnWriter | undefined {
  const element = type.replace(/\[\d*\]$/, "");
  const found = typeNamed(element);
  if (found === undefined) return labels === undefined || element !== type ? undefined : enumLabels(type, name, labels);
  const write = found.write(element, name, unit);
  return element === type ? write : arrays(type, name, found.oid, write);
}

/** Looks a type up without its length, precision and scale. */
function typeNamed(type: string): Type | undefined {
  const name = type.replace(/ ?\([-\d, ]+\)/, "");
  return TYPES.get(name) ?? SYNONYMS.get(name);
}

/** The number in Postgres of a type that has a writer, or of an array's elements; undefined for an enum. */
export function oidOf(type: string): number | undefined {
  return typeNamed(type)?.oid;
}

function limitedTexts(type: string, column: string, otherwise: number): ColumnWriter {
  const length = /\((\d+)\)/.exec(type)?.[1];
  return shortTexts(type, column, length === undefined ? otherwise : Number(length));
}

function booleans(type: string, column: string): ColumnWriter {
  return (out, value) => {
    if (typeof value !== "boolean") throw unencodable(column, type, value);
    out.int32(1);
    out.int8(value ? 1 : 0);
  };
}

function byteStrings(type: string, column: string): ColumnWriter {
  return (out, value) => {
    if (!(value instanceof Uint8Array)) throw unencodable(column, type, value);
    out.int32(value.length);
    out.raw(value);
  };
}
