import type { TimeUnit } from "@tidemark/schema";
import { getTableColumns, type Column } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { unencodable, unwritable } from "../errors.js";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import { ByteWriter } from "./byte-writer.js";
import { ChunkPool } from "./chunk-pool.js";
import { columnWriter, maxFixedBytes, supportedTypes } from "./column-writers.js";

/** Turns rows into the bytes of `COPY … FROM STDIN WITH (FORMAT binary)`. */
export interface CopyEncoder {
  /** The COPY statement, its columns in the order of the bytes. */
  readonly statement: string;
  /** The property of each column of the bytes. */
  readonly properties: readonly string[];
  /** Which column holds the property `offset`; undefined where none does, or one that is no integer. */
  readonly offsetAt: number | undefined;
  /** Begins a COPY stream in whose rows `constants` stand, by Drizzle property name. Throws as `append`. */
  open(constants?: Readonly<Record<string, unknown>>): CopyStream;
}

/** One COPY stream in the making. */
export interface CopyStream {
  /**
   * Adds rows, read by the table's Drizzle property names. Throws SinkError `unencodable`, naming the column; the stream
   * is of no more use then.
   */
  append(rows: readonly object[]): void;
  /** How many bytes the stream has so far. */
  readonly bytes: number;
  /** How many bytes of memory it takes. */
  readonly allocatedBytes: number;
  /** The complete stream; nothing may be appended after. */
  end(): readonly Uint8Array[];
  /** After `end`, and once its bytes have been sent: lets later streams write over them. */
  release(): void;
}

export interface CopyEncoderOptions {
  /** The unit of numbers given for a column of times, by property; ms where absent. */
  readonly timeUnits?: Readonly<Record<string, TimeUnit>>;
  /** The properties that rows or constants bring; all of them where absent. Postgres fills the other columns. */
  readonly properties?: readonly string[] | undefined;
  /** What is written to; a pool of its own where absent. */
  readonly pool?: ChunkPool;
}

type Row = Readonly<Record<string, unknown>>;
type FieldWriter = (out: ByteWriter, row: Row) => void;

const signature = Uint8Array.of(0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00);
const nullLength = -1;
const endOfCopy = -1;
const integerTypes = new Set(["smallint", "integer", "bigint"]);

/** Whether Postgres gives the column a value where none is written. A function of Drizzle's is no value of Postgres's. */
function isFilled({ notNull, hasDefault, default: value, defaultFn, generatedIdentity }: Column): boolean {
  return !notNull || value !== undefined || (hasDefault && defaultFn === undefined) || generatedIdentity !== undefined;
}

/**
 * Derives the encoder from a Drizzle table: column order, types, and which may be null. Generated columns are left out.
 * Throws SinkError `unencodable` for a column whose type it cannot write, and for one that is not among `properties` and
 * that Postgres does not fill.
 */
export function createCopyEncoder(
  table: PgTable,
  { timeUnits = {}, properties, pool = new ChunkPool() }: CopyEncoderOptions = {},
): CopyEncoder {
  function isWritten([property, column]: readonly [string, Column]): boolean {
    if (column.generated !== undefined) return false;
    if (properties === undefined || properties.includes(property)) return true;
    if (isFilled(column)) return false;
    throw unwritable(qualifiedName(table), column.name, "is not null, has no default, and is in no row");
  }

  const columns = Object.entries(getTableColumns(table))
    .filter(isWritten)
    .map(([property, column]) => {
      const { name, notNull, enumValues: labels } = column;
      const type = column.getSQLType();
      const write = columnWriter({ name, type, labels, unit: timeUnits[property] ?? "ms" });
      if (write === undefined)
        throw unwritable(qualifiedName(table), name, `has the type ${type}; supported are ${supportedTypes}`);
      const writeField: FieldWriter = (out, row) => {
        const value = row[property];
        if (value !== null && value !== undefined) write(out, value);
        else if (notNull) throw unencodable(name, type, value);
        else out.int32(nullLength);
      };
      return { property, name, type, writeField };
    });
  const offsetAt = columns.findIndex(({ property, type }) => property === "offset" && integerTypes.has(type));

  // The number of columns, and all of them.
  const slack = 2 + columns.length * maxFixedBytes;

  function fieldWriters(constants: Row): readonly FieldWriter[] {
    return columns.map(({ property, writeField }) => {
      if (!(property in constants)) return writeField;
      const writer = new ByteWriter(slack, pool);
      writer.reserve();
      writeField(writer, constants);
      const bytes = Buffer.concat(writer.chunks());
      writer.release();
      return (out) => out.raw(bytes);
    });
  }

  return {
    statement: `COPY ${qualifiedName(table)} (${columns.map((column) => quoteIdentifier(column.name)).join(", ")}) FROM STDIN WITH (FORMAT binary)`,
    properties: columns.map(({ property }) => property),
    offsetAt: offsetAt < 0 ? undefined : offsetAt,
    open(constants = {}) {
      const fields = fieldWriters(constants);
      const out = new ByteWriter(slack, pool);
      out.raw(signature);
      out.int32(0);
      out.int32(0);
      return {
        get bytes() {
          return out.bytes;
        },
        get allocatedBytes() {
          return out.allocatedBytes;
        },
        append(added) {
          for (const row of added) {
            out.reserve();
            out.int16(fields.length);
            for (const write of fields) write(out, row as Row);
          }
        },
        end() {
          out.reserve();
          out.int16(endOfCopy);
          return out.chunks();
        },
        release: () => out.release(),
      };
    },
  };
}
