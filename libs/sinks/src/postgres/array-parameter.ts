import { dayMs } from "./day-partitions.js";

/**
 * Arrays as parameters of a statement. `pg` sends a Buffer in Postgres's binary form: numbers cost neither side a text. A type that has no form here
 * goes as an array of texts, which the server casts.
 */
export interface ArrayParameter<Value> {
  /** The array in a statement; `place` is the parameter's, such as `$3`. */
  toSql(place: string): string;
  encode<Row>(rows: readonly Row[], valueOf: (row: Row) => Value): Buffer;
}

/** Writes an element behind its length; returns its bytes, or -1 for null. */
type Write<Value> = (out: DataView, at: number, value: Value) => number;

const OIDS = { bigint: 20, integer: 23, text: 25, "double precision": 701, timestamptz: 1184 };
/** Dimensions, whether there are nulls, the elements' type, and of the one dimension its length and first index. */
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL = -1;
const TWO_TO_32 = 2 ** 32;
const POSTGRES_EPOCH_MS = 946_684_800_000; // 2000-01-01T00:00:00Z

function writeHeader(bytes: Buffer, oid: number, count: number): void {
  bytes.writeInt32BE(1, 0);
  bytes.writeInt32BE(1, 4);
  bytes.writeInt32BE(oid, 8);
  bytes.writeInt32BE(count, 12);
  bytes.writeInt32BE(1, 16);
}

function fixed<Value>(type: keyof typeof OIDS, size: number, write: Write<Value>): ArrayParameter<Value> {
  return {
    toSql: (place) => `${place}::${type}[]`,
    encode(rows, valueOf) {
      const bytes = Buffer.allocUnsafe(HEADER_BYTES + rows.length * (LENGTH_BYTES + size));
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      writeHeader(bytes, OIDS[type], rows.length);
      let at = HEADER_BYTES;
      for (const row of rows) {
        const length = write(view, at + LENGTH_BYTES, valueOf(row));
        view.setInt32(at, length);
        at += LENGTH_BYTES + Math.max(length, 0);
      }
      return bytes.subarray(0, at);
    },
  };
}

function writeInt8(out: DataView, at: number, value: number): number {
  if (Number.isNaN(value)) return NULL;
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no integer that a column of type bigint gets.`);
  out.setInt32(at, Math.floor(value / TWO_TO_32));
  out.setInt32(at + 4, value | 0);
  return 8;
}

/** -Infinity is `-infinity`. */
function writeTime(out: DataView, at: number, epochMs: number): number {
  if (epochMs === -Infinity) {
    out.setInt32(at, -(2 ** 31));
    out.setInt32(at + 4, 0);
    return 8;
  }
  if (!Number.isSafeInteger(epochMs)) throw new RangeError(`${epochMs} is no time in ms.`);
  const ms = epochMs - POSTGRES_EPOCH_MS;
  const low = (ms >>> 0) * 1000;
  out.setInt32(at, Math.floor(ms / TWO_TO_32) * 1000 + Math.floor(low / TWO_TO_32));
  out.setInt32(at + 4, low | 0);
  return 8;
}

/** Texts; `null` and everything else in them is text. */
export const texts: ArrayParameter<string> = {
  toSql: (place) => `${place}::text[]`,
  encode(rows, valueOf) {
    let size = HEADER_BYTES;
    for (const row of rows) size += LENGTH_BYTES + Buffer.byteLength(valueOf(row));
    const bytes = Buffer.allocUnsafe(size);
    writeHeader(bytes, OIDS.text, rows.length);
    let at = HEADER_BYTES;
    for (const row of rows) {
      const length = bytes.write(valueOf(row), at + LENGTH_BYTES);
      bytes.writeInt32BE(length, at);
      at += LENGTH_BYTES + length;
    }
    return bytes;
  },
};

const integers = fixed("bigint", 8, writeInt8);
const doubles = fixed<number>("double precision", 8, (out, at, value) => {
  if (Number.isNaN(value)) return NULL;
  out.setFloat64(at, value);
  return 8;
});
const times = fixed("timestamptz", 8, writeTime);

/** Texts that the server reads as values of the type. */
export function textsAs(type: string): ArrayParameter<string> {
  return type === "text" ? texts : { ...texts, toSql: (place) => `${place}::text[]::${type}[]` };
}

/** Numbers for a column of the type, as Drizzle writes it; NaN stands for null. */
export function numbersAs(type: string): ArrayParameter<number> {
  if (type === "bigint") return integers;
  if (type === "double precision") return doubles;
  return {
    toSql: (place) => `array_replace(${place}::text[], 'NaN', NULL)::${type}[]`,
    encode: (rows, valueOf) => texts.encode(rows, (row) => String(valueOf(row))),
  };
}

/** Epoch ms for a column of times of the type. Throws RangeError for what no column holds. */
export function timesAs(type: string): ArrayParameter<number> {
  if (type === "timestamp with time zone") return times;
  return {
    toSql: (place) => `${place}::text[]::${type}[]`,
    encode: (rows, valueOf) => texts.encode(rows, (row) => timeText(valueOf(row))),
  };
}

// Postgres reads no ISO text of years before 1 or after 9999, but days by their Julian number.
const julianDayOf1970 = 2_440_588;

function timeText(epochMs: number): string {
  if (epochMs === -Infinity) return "-infinity";
  const timeOfDay = new Date(epochMs).toISOString().slice(-"17:00:00.000Z".length);
  return `J${Math.floor(epochMs / dayMs) + julianDayOf1970} ${timeOfDay}`;
}
