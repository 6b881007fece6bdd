import type { ChunkPool } from "./chunk-pool.js";

const twoTo32 = 2 ** 32;
const postgresEpochMs = 946_684_800_000; // 2000-01-01T00:00:00Z
const shortTextLength = 40;
const lastAscii = 0x7f;

/**
 * A growing list of chunks, big-endian, for Postgres's binary formats. Numbers are written without a look at the room
 * left: whoever writes them has called `reserve` before, and has written `slack` bytes of them since at most. Texts and
 * raw bytes make their own room, and that much again behind them.
 */
export class ByteWriter {
  readonly #slack: number;
  readonly #pool: ChunkPool;
  readonly #taken: Buffer[] = [];
  readonly #full: Uint8Array[] = [];
  #chunk: Buffer = Buffer.alloc(0);
  #view = new DataView(this.#chunk.buffer);
  #at = 0;
  /** Bytes of the chunks before this one. */
  #before = 0;
  #allocated = 0;

  constructor(slack: number, pool: ChunkPool) {
    this.#slack = slack;
    this.#pool = pool;
  }

  get bytes(): number {
    return this.#before + this.#at;
  }

  /** Bytes of all chunks, whether they are full or not. */
  get allocatedBytes(): number {
    return this.#allocated;
  }

  /** All that was written, in order; nothing may be written after. */
  chunks(): readonly Uint8Array[] {
    return this.#at === 0 ? this.#full : [...this.#full, this.#chunk.subarray(0, this.#at)];
  }

  /** Gives the chunks back to the pool: nobody may read them after. */
  release(): void {
    this.#pool.giveBack(this.#taken.splice(0));
  }

  /** Makes room for `bytes`, and for `slack` bytes behind them. */
  reserve(bytes = 0): void {
    if (this.#at + bytes + this.#slack <= this.#chunk.length) return;
    if (this.#at > 0) this.#full.push(this.#chunk.subarray(0, this.#at));
    this.#before += this.#at;
    this.#chunk = this.#pool.take(bytes + this.#slack, this.#taken.length === 0);
    this.#taken.push(this.#chunk);
    this.#allocated += this.#chunk.length;
    this.#view = new DataView(this.#chunk.buffer);
    this.#at = 0;
  }

  int8(value: number): void {
    this.#view.setInt8(this.#at, value);
    this.#at += 1;
  }

  int16(value: number): void {
    this.#view.setInt16(this.#at, value);
    this.#at += 2;
  }

  int32(value: number): void {
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  /** A safe integer as int8. */
  int64(value: number): void {
    this.int32(Math.floor(value / twoTo32));
    this.int32(value | 0);
  }

  bigInt64(value: bigint): void {
    this.#view.setBigInt64(this.#at, value);
    this.#at += 8;
  }

  float32(value: number): void {
    this.#view.setFloat32(this.#at, value);
    this.#at += 4;
  }

  float64(value: number): void {
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  /** Epoch milliseconds, and microseconds above them, as timestamptz: microseconds since 2000-01-01, exact beyond 2^53. */
  timestamp(epochMs: number, micros = 0): void {
    const ms = epochMs - postgresEpochMs;
    const low = (ms >>> 0) * 1000 + micros;
    this.int32(Math.floor(ms / twoTo32) * 1000 + Math.floor(low / twoTo32));
    this.int32(low | 0);
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#chunk.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /**
   * As `text`, for a short one of ASCII without U+0000: writing its bytes costs less than a call into native code. False,
   * and nothing written, for any other.
   */
  shortText(text: string): boolean {
    const { length } = text;
    if (length > shortTextLength) return false;
    this.reserve(4 + length);
    const from = this.#at + 4;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code === 0 || code > lastAscii) return false;
      this.#view.setUint8(from + index, code);
    }
    this.#view.setInt32(this.#at, length);
    this.#at = from + length;
    return true;
  }

  /** An int32 byte length, then the text in UTF-8. */
  text(text: string): void {
    this.reserve(4 + text.length * 3);
    const written = this.#chunk.write(text, this.#at + 4, "utf8");
    this.int32(written);
    this.#at += written;
  }
}
