import { promisify } from "node:util";
import zlib from "node:zlib";
import { broken, CodecError, tooLarge } from "./codec-error.js";

/** What is used of the package fzstd. */
export interface FzstdPackage {
  readonly Decompress: new (onData: (chunk: Uint8Array) => void) => { push(bytes: Uint8Array, isLast: boolean): void };
}

type Unpack = (
  bytes: Buffer,
  options: { maxOutputLength: number },
  done: (error: Error | null, out: Buffer) => void,
) => void;

/** Node's own, from 22.15 on. */
const native = (zlib as { readonly zstdDecompress?: Unpack }).zstdDecompress;
const unpack = native && promisify(native);

export const HAS_NATIVE_ZSTD = unpack !== undefined;

const MAGIC = 0xfd2f_b528;
/** Every decoder has to take windows of this size. */
const USUAL_WINDOW_BYTES = 8 * 1024 * 1024;

/** By Node itself; without a package where it can. Ends as soon as more than the limit has come out. */
export async function decompressZstd(fzstd: FzstdPackage | undefined, bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    if (readWindow(bytes) > Math.max(limit, USUAL_WINDOW_BYTES)) throw tooLarge(limit);
    if (unpack !== undefined) return (await unpack(bytes, { maxOutputLength: limit })) as unknown as Buffer;
    if (fzstd === undefined) throw new TypeError("there is no package to do it");
    return unpackInParts(fzstd, bytes, limit);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limit);
    throw error instanceof CodecError ? error : broken("zstd", error);
  }
}

/** fzstd reserves the window that the frame asks for before it has seen what is in it. */
export function unpackInParts({ Decompress }: FzstdPackage, bytes: Buffer, limit: number): Buffer {
  try {
    if (readWindow(bytes) > Math.max(limit, USUAL_WINDOW_BYTES)) throw tooLarge(limit);
    const parts: Uint8Array[] = [];
    let size = 0;
    const stream = new Decompress((part) => {
      size += part.length;
      if (size > limit) throw tooLarge(limit);
      parts.push(part);
    });
    stream.push(bytes, true);
    return Buffer.concat(parts, size);
  } catch (error) {
    throw error instanceof CodecError ? error : broken("zstd", error);
  }
}

const DICTIONARY_ID_BYTES = [0, 1, 2, 4];

/**
 * How much memory the first frame asks for (RFC 8878, 3.1.1.1).
 *
 * @throws RangeError where the frame is not whole: Node gives what it has got of such a one
 */
function readWindow(bytes: Buffer): number {
  if (bytes.readUInt32LE(0) !== MAGIC) throw new RangeError("it begins with no frame");
  const descriptor = bytes.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0);
  const width = descriptor >> 6;
  const sizeBytes = width === 0 && !isSingleSegment ? 0 : 2 ** width;
  checkBlocks(bytes, sizeAt + sizeBytes);
  if (!isSingleSegment) {
    const window = bytes.readUInt8(5);
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  if (width === 3) return Number(bytes.readBigUInt64LE(sizeAt));
  return bytes.readUIntLE(sizeAt, sizeBytes) + (width === 1 ? 256 : 0);
}

function checkBlocks(bytes: Buffer, start: number): void {
  for (let at = start, isLast = false; !isLast;) {
    const header = bytes.readUIntLE(at, 3);
    isLast = (header & 1) === 1;
    const isRunLength = ((header >> 1) & 3) === 1;
    at += 3 + (isRunLength ? 1 : header >> 3);
    if (at > bytes.length) throw new RangeError("it ends within a block");
  }
}
