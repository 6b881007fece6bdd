const chunkBytes = 64 * 1024;
const twoTo32 = 2 ** 32;
const postgresEpochMs = 946_684_800_000; // 2000-01-01T00:00:00Z

/** A growing list of chunks, big-endian, for Postgres's binary formats. */
export class ByteWriter {
  readonly #full: Uint8Array[] = [];
  #chunk: Buffer = Buffer.alloc(0);
  #view = new DataView(this.#chunk.buffer);
  #at = 0;

  /** All that was written, in order; nothing may be written after. */
  chunks(): readonly Uint8Array[] {
    return this.#at === 0 ? this.#full : [...this.#full, this.#chunk.subarray(0, this.#at)];
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#view.setInt16(this.#at, value);
    this.#at += 2;
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  /** A safe integer as int8. */
  int64(value: number): void {
    this.#int64Parts(Math.floor(value / twoTo32), value >>> 0);
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  /** Epoch milliseconds as timestamptz: microseconds since 2000-01-01, exact beyond 2^53 of them. */
  timestamp(epochMs: number): void {
    const ms = epochMs - postgresEpochMs;
    const low = (ms >>> 0) * 1000;
    this.#int64Parts(Math.floor(ms / twoTo32) * 1000 + Math.floor(low / twoTo32), low >>> 0);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#chunk.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** An int32 byte length, then the text in UTF-8. */
  sizedText(text: string): void {
    this.#reserve(4 + text.length * 3);
    const written = this.#chunk.write(text, this.#at + 4, "utf8");
    this.#view.setInt32(this.#at, written);
    this.#at += 4 + written;
  }

  #int64Parts(high: number, low: number): void {
    this.#reserve(8);
    this.#view.setInt32(this.#at, high);
    this.#view.setUint32(this.#at + 4, low);
    this.#at += 8;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#chunk.length) return;
    if (this.#at > 0) this.#full.push(this.#chunk.subarray(0, this.#at));
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(chunkBytes, bytes));
    this.#view = new DataView(this.#chunk.buffer);
    this.#at = 0;
  }
}
