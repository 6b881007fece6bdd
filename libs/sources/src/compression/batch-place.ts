import { createRequire } from "node:module";
import { HEADER_BYTES } from "./answer-limit.js";
import { CodecError } from "./codec-error.js";
import { isKnownKafkajs } from "../known-kafkajs.js";

interface Decoder {
  readonly buffer: Buffer;
  readonly offset: number;
  readArrayAsync<Item>(read: (decoder: Decoder) => Promise<Item>): Promise<Item[]>;
}

const require = createRequire(import.meta.url);

const MAGIC_AT = 16;

/**
 * The base offset of the batch whose compressed records these are: kafkajs gives a view of the whole answer. Undefined where
 * what lies before the bytes is no such header.
 */
export function readBatchOffset(records: Buffer): number | undefined {
  const start = records.byteOffset - HEADER_BYTES;
  if (start < 0) return undefined;
  const header = Buffer.from(records.buffer, start, HEADER_BYTES);
  const isHeader = header.readInt8(MAGIC_AT) === 2 && header.readInt32BE(8) === HEADER_BYTES - 12 + records.length;
  return isHeader ? Number(header.readBigInt64BE(0)) : undefined;
}

/**
 * Lets an error of a codec say its partition. In an answer to a fetch the innermost array whose reading waits is that of
 * partitions, and each of these begins with its number. Another release of kafkajs is left as it is.
 */
export function placeCodecErrors(): void {
  if (!isKnownKafkajs()) return;
  const { prototype } = require("kafkajs/src/protocol/decoder") as { prototype: Decoder };
  const { readArrayAsync } = prototype;
  prototype.readArrayAsync = function readAndPlace<Item>(this: Decoder, read: (decoder: Decoder) => Promise<Item>) {
    return readArrayAsync.call(this, async (decoder) => {
      const first =
        decoder.offset + 4 <= decoder.buffer.length ? decoder.buffer.readInt32BE(decoder.offset) : undefined;
      try {
        return await read(decoder);
      } catch (error) {
        if (error instanceof CodecError) error.partition ??= first;
        throw error;
      }
    }) as Promise<Item[]>;
  };
}
