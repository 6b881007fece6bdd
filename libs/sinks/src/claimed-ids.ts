/** The id of a counted event, with its time in epoch ms. */
export interface ClaimedId {
  readonly id: string;
  readonly timeMs: number;
}

/** Ids that a claim gives back, in no particular order. May be gone through more than once. */
export interface ClaimedIds extends Iterable<ClaimedId> {
  readonly length: number;
}

const WORDS = 4;
/** Each claim of a partition has a list, and most partitions of a new topic have none. */
const FIRST_CAPACITY = 16;

/** UUIDs as their 128 bits: 24 bytes each with their times, where an object with a text takes some 150. */
export class UuidList implements ClaimedIds {
  #words = new Uint32Array(FIRST_CAPACITY * WORDS);
  #timesMs = new Float64Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Takes the 16 bytes at `at`, in network order. */
  add(bytes: Uint8Array, at: number, timeMs: number): void {
    if (this.#length === this.#timesMs.length) this.#grow();
    for (let word = 0; word < WORDS; word += 1) {
      const from = at + 4 * word;
      this.#words[this.#length * WORDS + word] =
        ((bytes[from] as number) << 24) |
        ((bytes[from + 1] as number) << 16) |
        ((bytes[from + 2] as number) << 8) |
        (bytes[from + 3] as number);
    }
    this.#timesMs[this.#length] = timeMs;
    this.#length += 1;
  }

  *[Symbol.iterator](): Generator<ClaimedId> {
    for (let at = 0; at < this.#length; at += 1) {
      yield { id: this.#format(at * WORDS), timeMs: this.#timesMs[at] as number };
    }
  }

  #format(at: number): string {
    let hex = "";
    for (let word = 0; word < WORDS; word += 1) {
      hex += (this.#words[at + word] as number).toString(16).padStart(8, "0");
    }
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  #grow(): void {
    const capacity = 2 * this.#timesMs.length;
    const words = new Uint32Array(capacity * WORDS);
    words.set(this.#words);
    const timesMs = new Float64Array(capacity);
    timesMs.set(this.#timesMs);
    this.#words = words;
    this.#timesMs = timesMs;
  }
}
