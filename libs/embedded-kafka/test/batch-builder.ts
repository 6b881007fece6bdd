import { gzipSync } from "node:zlib";
import { crc32c } from "../src/log/crc32c.js";

export interface BatchOptions {
  readonly values: readonly (string | Buffer)[];
  /** One for each value, or one for all (ms). */
  readonly timestamps?: readonly number[];
  readonly gzip?: boolean;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  /** Bits to add to the attributes. */
  readonly attributes?: number;
}

/** A record batch of magic 2 as a producer makes it, independent of what the broker reads it with. */
export function buildBatch(options: BatchOptions): Buffer {
  const { values, timestamps = [1_700_000_000_000], gzip = false } = options;
  const timeOf = (index: number): number => timestamps[index] ?? timestamps[0] ?? 0;
  const base = timeOf(0);
  const records = Buffer.concat(
    values.map((value, index) => {
      const body = Buffer.concat([
        Buffer.from([0]),
        varint(timeOf(index) - base),
        varint(index),
        varint(-1),
        varint(Buffer.byteLength(value)),
        Buffer.from(value),
        varint(0),
      ]);
      return Buffer.concat([varint(body.length), body]);
    }),
  );
  const packed = gzip ? gzipSync(records) : records;
  const batch = Buffer.concat([Buffer.alloc(61), packed]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt8(2, 16);
  batch.writeInt16BE((options.attributes ?? 0) | (gzip ? 1 : 0), 21);
  batch.writeInt32BE(values.length - 1, 23);
  batch.writeBigInt64BE(BigInt(base), 27);
  batch.writeBigInt64BE(BigInt(Math.max(...values.map((_, index) => timeOf(index)))), 35);
  batch.writeBigInt64BE(BigInt(options.producerId ?? -1), 43);
  batch.writeInt16BE(options.producerEpoch ?? -1, 51);
  batch.writeInt32BE(options.baseSequence ?? -1, 53);
  batch.writeInt32BE(values.length, 57);
  return sealBatch(batch);
}

/** Writes the checksum that the batch ought to have. */
export function sealBatch(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
  return batch;
}

function varint(value: number): Buffer {
  let rest = value >= 0 ? BigInt(value) * 2n : BigInt(-value) * 2n - 1n;
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
