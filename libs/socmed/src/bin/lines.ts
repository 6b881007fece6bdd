/** From so many bytes on a chunk is worth a write. */
export const CHUNK_BYTES = 128 * 1024;

const NEWLINE = 0x0a;
/** UTF-8 takes at most three bytes for a code unit. */
const BYTES_PER_CODE_UNIT = 3;

/** Lines that are gathered to be written together. */
export interface Lines {
  /** Bytes without a newline in them; the line's own is added. */
  addBytes(bytes: Uint8Array): void;
  addText(text: string): void;
  /** How many bytes are waiting. */
  readonly size: number;
  /** The bytes that were waiting: the caller's own from now on. */
  take(): Uint8Array;
}

export function createLines(): Lines {
  let buffer = Buffer.allocUnsafe(0);
  let size = 0;

  function makeRoom(bytes: number): void {
    if (size + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(CHUNK_BYTES * 1.25, buffer.length * 2, size + bytes));
    buffer.copy(larger, 0, 0, size);
    buffer = larger;
  }

  return {
    addBytes(bytes) {
      makeRoom(bytes.length + 1);
      buffer.set(bytes, size);
      size += bytes.length;
      buffer[size++] = NEWLINE;
    },
    addText(text) {
      makeRoom(text.length * BYTES_PER_CODE_UNIT + 1);
      size += buffer.write(text, size);
      buffer[size++] = NEWLINE;
    },
    get size() {
      return size;
    },
    take() {
      const taken = buffer.subarray(0, size);
      buffer = Buffer.allocUnsafe(0);
      size = 0;
      return taken;
    },
  };
}
