import { broken, CodecError, tooLarge } from "./codec-error.js";

/** What is used of the package snappy. */
export interface SnappyPackage {
  uncompressSync(bytes: Uint8Array): string | Buffer;
}

/** Of snappy-java's framing: eight bytes, two versions, then blocks with their lengths before them. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/**
 * As the JVM's clients write it (snappy-java's framing, of several blocks) and as librdkafka and others do (one raw block). Each
 * block says its size before it is unpacked.
 */
export function decompressSnappy({ uncompressSync }: SnappyPackage, bytes: Buffer, limit: number): Buffer {
  try {
    const blocks = bytes.subarray(0, XERIAL.length).equals(XERIAL) ? [...splitBlocks(bytes)] : [bytes];
    const size = blocks.reduce((sum, block) => sum + readSize(block), 0);
    if (size > limit) throw tooLarge(limit);
    const parts = blocks.map((block) => uncompressSync(block) as Buffer);
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  } catch (error) {
    throw error instanceof CodecError ? error : broken("snappy", error);
  }
}

function* splitBlocks(bytes: Buffer): Generator<Buffer> {
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at);
    if (end <= at + 4 || end > bytes.length) throw new RangeError(`a block ends at byte ${end} of ${bytes.length}`);
    yield bytes.subarray(at + 4, end);
    at = end;
  }
}

/** A block begins with its unpacked size, as a varint of 32 bits. */
function readSize(block: Buffer): number {
  let size = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = block.readUInt8(at);
    size += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return size;
  }
  throw new RangeError("a block has no size");
}
