const CHUNK_BYTES = 64 * 1024;
/** Each partition has writers for several tables, and most hold a few rows at a time: the first chunk of each is small. */
const FIRST_CHUNK_BYTES = 4 * 1024;
/** 64 MiB: as much as rows may take by default. Fewer would leave the rest of a full memory budget to the garbage collector. */
const MOST_IDLE = 1_024;

/**
 * Chunks that are written again once they have been sent. Left to the garbage collector, those of a backlog would lie in
 * the old generation, and be counted in its size, for seconds after their use. So a pool never holds more than was in use at once.
 */
export class ChunkPool {
  readonly #idle: Buffer[] = [];
  readonly #idleFirst: Buffer[] = [];

  /** A chunk of at least `bytes`; what it holds is anything. `isFirst`: the writer has none yet, and may not need much. */
  take(bytes: number, isFirst = false): Buffer {
    if (isFirst && bytes <= FIRST_CHUNK_BYTES)
      return this.#idleFirst.pop() ?? Buffer.allocUnsafeSlow(FIRST_CHUNK_BYTES);
    if (bytes > CHUNK_BYTES) return Buffer.allocUnsafeSlow(bytes);
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  /** Gives chunks back that nobody reads or writes any more. */
  giveBack(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      const idle = chunk.length === CHUNK_BYTES ? this.#idle : this.#idleFirst;
      const isKept = chunk.length === CHUNK_BYTES || chunk.length === FIRST_CHUNK_BYTES;
      if (isKept && idle.length < MOST_IDLE) idle.push(chunk);
    }
  }
}
