import { getTableColumns } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { unencodable } from "../errors.js";
import { qualifiedName, quoteIdentifier } from "../identifiers.js";
import { ByteWriter } from "./byte-writer.js";
import { columnWriter } from "./column-writers.js";

/** Turns rows into the bytes of `COPY … FROM STDIN WITH (FORMAT binary)`. */
export interface CopyEncoder {
  /** The COPY statement, its columns in the order of the bytes. */
  readonly statement: string;
  /**
   * One complete COPY stream. Rows are read by the table's Drizzle property names; `constants` stand in every row.
   * Throws SinkError `unencodable`, naming the column.
   */
  encode(rows: readonly object[], constants: Readonly<Record<string, unknown>>): Buffer;
}

export interface CopyEncoderOptions {
  /** Milliseconds in one unit of a number given for a timestamptz column, by property; 1 where absent. */
  readonly timeUnitMs?: Readonly<Record<string, number>>;
}

const signature = Uint8Array.of(0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00);
const nullLength = -1;
const endOfCopy = -1;
const typicalRowBytes = 192;

/** Derives the encoder from a Drizzle table: column order, types, and which may be null. */
export function createCopyEncoder(table: PgTable, options: CopyEncoderOptions = {}): CopyEncoder {
  const columns = Object.entries(getTableColumns(table)).map(([property, column]) => ({
    property,
    name: column.name,
    notNull: column.notNull,
    write: columnWriter(column.getSQLType(), column.name, options.timeUnitMs?.[property] ?? 1),
    type: column.getSQLType(),
  }));

  function writeValue(writer: ByteWriter, column: (typeof columns)[number], value: unknown): void {
    if (value !== null && value !== undefined) column.write(writer, value);
    else if (column.notNull) throw unencodable(column.name, column.type, value);
    else writer.int32(nullLength);
  }

  function encodeConstants(constants: Readonly<Record<string, unknown>>): (Uint8Array | undefined)[] {
    return columns.map((column) => {
      if (!(column.property in constants)) return undefined;
      const writer = new ByteWriter();
      writeValue(writer, column, constants[column.property]);
      return Uint8Array.from(writer.bytes());
    });
  }

  return {
    statement: `COPY ${qualifiedName(table)} (${columns.map((column) => quoteIdentifier(column.name)).join(", ")}) FROM STDIN WITH (FORMAT binary)`,
    encode(rows, constants) {
      const writer = new ByteWriter(typicalRowBytes * (rows.length + 1));
      const fixed = encodeConstants(constants);
      writer.raw(signature);
      writer.int32(0);
      writer.int32(0);
      for (const row of rows as readonly Readonly<Record<string, unknown>>[]) {
        writer.int16(columns.length);
        for (const [index, column] of columns.entries()) {
          const constant = fixed[index];
          if (constant === undefined) writeValue(writer, column, row[column.property]);
          else writer.raw(constant);
        }
      }
      writer.int16(endOfCopy);
      return writer.bytes();
    },
  };
}
