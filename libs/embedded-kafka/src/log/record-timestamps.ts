import { gunzipSync } from "node:zlib";
import { attribute, batchHeaderBytes, type BatchHeader } from "./record-batch.js";

export interface OffsetAtTime {
  readonly offset: number;
  readonly timestamp: number;
}

/**
 * The first record of a batch at or behind offset `from` that has `timestamp` (ms) or a later one, or null. A batch
 * that cannot be looked into (compressed other than by gzip) counts as one record: never too late.
 */
export function findRecord(batch: Buffer, header: BatchHeader, timestamp: number, from: number): OffsetAtTime | null {
  const whole = { offset: Math.max(header.baseOffset, from), timestamp: header.maxTimestamp };
  const compression = header.attributes & attribute.compression;
  if (compression > 1 || (header.attributes & attribute.logAppendTime) !== 0) return whole;
  try {
    const packed = batch.subarray(batchHeaderBytes);
    const records = compression === 1 ? gunzipSync(packed) : packed;
    for (let at = 0; at < records.length;) {
      const length = readVarint(records, at);
      const timestampDelta = readVarint(records, length.end + 1);
      const offset = header.baseOffset + readVarint(records, timestampDelta.end).value;
      const recordTimestamp = header.baseTimestamp + timestampDelta.value;
      if (recordTimestamp >= timestamp && offset >= from) return { offset, timestamp: recordTimestamp };
      at = length.end + Math.max(0, length.value);
    }
    return null;
  } catch {
    return whole; // The records themselves were never checked.
  }
}

/** A zigzag varint. Arithmetic, not shifts: a timestamp's delta may need more than 32 bits. Throws past the end. */
function readVarint(buffer: Buffer, start: number): { readonly value: number; readonly end: number } {
  let raw = 0;
  for (let at = start, scale = 1; ; at++, scale *= 128) {
    const byte = buffer.readUInt8(at);
    raw += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value: raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2, end: at + 1 };
  }
}
