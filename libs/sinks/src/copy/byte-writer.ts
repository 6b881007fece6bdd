const twoTo32 = 2 ** 32;
const postgresEpochMs = 946_684_800_000; // 2000-01-01T00:00:00Z

/** A growing buffer, big-endian, for Postgres's binary formats. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(expectedBytes = 64) {
    this.#buffer = Buffer.allocUnsafe(expectedBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes so far; valid until the next write. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#length = this.#buffer.writeInt16BE(value, this.#length);
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeInt32BE(value, this.#length);
  }

  /** A safe integer as int8. */
  int64(value: number): void {
    this.#int64Parts(Math.floor(value / twoTo32), value >>> 0);
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleBE(value, this.#length);
  }

  /** Epoch milliseconds as timestamptz: microseconds since 2000-01-01, exact beyond 2^53 of them. */
  timestamp(epochMs: number): void {
    const ms = epochMs - postgresEpochMs;
    const low = (ms >>> 0) * 1000;
    this.#int64Parts(Math.floor(ms / twoTo32) * 1000 + Math.floor(low / twoTo32), low >>> 0);
  }

  /** A UUID's text, 36 characters with dashes, as its 16 bytes. */
  uuid(text: string): void {
    this.#reserve(16);
    let high = -1;
    for (let at = 0; at < text.length; at += 1) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) continue;
      if (high < 0) high = digit;
      else {
        this.#buffer[this.#length] = (high << 4) | digit;
        this.#length += 1;
        high = -1;
      }
    }
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** An int32 byte length, then the text in UTF-8. */
  sizedText(text: string): void {
    this.#reserve(4 + text.length * 3);
    const written = this.#buffer.write(text, this.#length + 4, "utf8");
    this.#buffer.writeInt32BE(written, this.#length);
    this.#length += 4 + written;
  }

  #int64Parts(high: number, low: number): void {
    this.#reserve(8);
    this.#buffer.writeInt32BE(high, this.#length);
    this.#length = this.#buffer.writeUInt32BE(low, this.#length + 4);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}
