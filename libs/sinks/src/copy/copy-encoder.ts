import { getTableColumns } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { unencodable } from "../errors.js";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import { ByteWriter } from "./byte-writer.js";
import { ChunkPool } from "./chunk-pool.js";
import { columnWriter, maxFixedBytes } from "./column-writers.js";

/** Turns rows into the bytes of `COPY … FROM STDIN WITH (FORMAT binary)`. */
export interface CopyEncoder {
  /** The COPY statement, its columns in the order of the bytes. */
  readonly statement: string;
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
  /** The complete stream; nothing may be appended after. */
  end(): readonly Uint8Array[];
  /** After `end`, and once its bytes have been sent: lets later streams write over them. */
  release(): void;
}

export interface CopyEncoderOptions {
  /** Milliseconds in one unit of a number given for a timestamptz column, by property; 1 where absent. */
  readonly timeUnitMs?: Readonly<Record<string, number>>;
}

type Row = Readonly<Record<string, unknown>>;
type FieldWriter = (out: ByteWriter, row: Row) => void;

const signature = Uint8Array.of(0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00);
const nullLength = -1;
const endOfCopy = -1;
const integerTypes = new Set(["smallint", "integer", "bigint"]);

/** Derives the encoder from a Drizzle table: column order, types, and which may be null. */
export function createCopyEncoder(table: PgTable, options: CopyEncoderOptions = {}): CopyEncoder {
  const columns = Object.entries(getTableColumns(table)).map(([property, column]) => {
    const { name, notNull } = column;
    const type = column.getSQLType();
    const write = columnWriter(type, name, options.timeUnitMs?.[property] ?? 1);
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
  const pool = new ChunkPool();

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
    offsetAt: offsetAt < 0 ? undefined : offsetAt,
    open(constants = {}) {
      const fields = fieldWriters(constants);
      const out = new ByteWriter(slack, pool);
      out.raw(signature);
      out.int32(0);
      out.int32(0);
      return {
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
