import { unencodable } from "../errors.js";
import { ByteWriter } from "./byte-writer.js";
import { ChunkPool } from "./chunk-pool.js";
import { maxFixedBytes, type ColumnWriter } from "./column-writers.js";

const HEADER_BYTES = 12;
const DIMENSION_BYTES = 8;
const NULL_LENGTH = -1;

/** Arrays of one dimension, with nulls within. `oid` is that of the type of the elements. */
export function arrays(type: string, column: string, oid: number, write: ColumnWriter): ColumnWriter {
  const pool = new ChunkPool();
  return (out, value) => {
    if (!Array.isArray(value)) throw unencodable(column, type, value);
    const elements = new ByteWriter(maxFixedBytes, pool);
    let hasNull = false;
    for (const element of value) {
      elements.reserve();
      if (element !== null && element !== undefined) {
        write(elements, element);
        continue;
      }
      hasNull = true;
      elements.int32(NULL_LENGTH);
    }
    const chunks = elements.chunks();
    const dimensions = value.length === 0 ? 0 : 1;
    const headerBytes = HEADER_BYTES + dimensions * DIMENSION_BYTES;
    out.reserve(4 + headerBytes);
    out.int32(chunks.reduce((bytes, { length }) => bytes + length, headerBytes));
    out.int32(dimensions);
    out.int32(hasNull ? 1 : 0);
    out.int32(oid);
    if (dimensions === 1) {
      out.int32(value.length);
      out.int32(1); // the first index
    }
    for (const chunk of chunks) out.raw(chunk);
    elements.release();
  };
}
