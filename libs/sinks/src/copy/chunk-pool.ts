const chunkBytes = 64 * 1024;
/** 64 MiB: as much as rows may take by default. Fewer would leave the rest of a full memory budget to the garbage collector. */
const maxIdle = 1_024;

/**
 * Chunks that are written again once they have been sent. Left to the garbage collector, those of a backlog would lie in
 * the old generation, and be counted in its size, for seconds after their use. So a pool never holds more than was in use at once.
 */
export class ChunkPool {
  readonly #idle: Buffer[] = [];

  /** A chunk of at least `bytes`; what it holds is anything. */
  take(bytes: number): Buffer {
    if (bytes > chunkBytes) return Buffer.allocUnsafeSlow(bytes);
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
  }

  /** Gives chunks back that nobody reads or writes any more. */
  giveBack(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      if (chunk.length === chunkBytes && this.#idle.length < maxIdle) this.#idle.push(chunk);
    }
  }
}
