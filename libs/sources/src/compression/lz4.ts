import { broken, CodecError, tooLarge } from "./codec-error.js";

/** What is used of the package lz4-napi. */
export interface Lz4Package {
  decompressFrameSync(bytes: Buffer): Buffer;
}

const MAGIC = 0x184d_2204;
const UNCOMPRESSED = 0x8000_0000;
/** A block of LZ4 grows by at most so much. */
const MOST_GROWTH = 255;

/** In LZ4's frame format. */
export function decompressLz4({ decompressFrameSync }: Lz4Package, bytes: Buffer, limit: number): Buffer {
  try {
    if (boundSize(bytes) > limit) throw tooLarge(limit);
    return decompressFrameSync(bytes);
  } catch (error) {
    throw error instanceof CodecError ? error : broken("lz4", error);
  }
}

/**
 * What comes out at most, by the sizes of the frame's blocks. Clients of Kafka fill each block but the last, so that it is too much
 * by less than one block of 64 KiB (of 4 MiB at most).
 */
function boundSize(bytes: Buffer): number {
  if (bytes.readUInt32LE(0) !== MAGIC) throw new RangeError("it begins with no frame");
  const flags = bytes.readUInt8(4);
  const blockBytes = 2 ** (8 + 2 * ((bytes.readUInt8(5) >> 4) & 7));
  const hasContentSize = (flags & 0x08) !== 0;
  const checksumBytes = (flags & 0x10) === 0 ? 0 : 4;
  const headerBytes = 7 + (hasContentSize ? 8 : 0) + ((flags & 0x01) === 0 ? 0 : 4);
  let most = 0;
  for (let at = headerBytes; at + 4 <= bytes.length;) {
    const word = bytes.readUInt32LE(at);
    if (word === 0) break;
    const length = word % UNCOMPRESSED;
    most += word >= UNCOMPRESSED ? length : Math.min(blockBytes, length * MOST_GROWTH);
    at += 4 + length + checksumBytes;
  }
  return hasContentSize ? Math.min(most, Number(bytes.readBigUInt64LE(6))) : most;
}
