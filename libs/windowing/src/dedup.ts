import { tooManyIds } from "./errors.js";
import { ExpiryQueue } from "./expiry-queue.js";
import { TextTable } from "./text-table.js";
import { formatUuid, parseUuid, UuidTable } from "./uuid-table.js";

/** A text, or a UUID as its four words of 32 bits. */
export type Id = string | Int32Array;

/** The text that the id is, or that its words stand for, in lower case. */
export function textOfId(id: Id): string {
  return typeof id === "string" ? id : formatUuid(id, 0);
}

/** The ids that expire at the same watermark. */
interface Bucket {
  readonly expiresMs: number;
  held: number;
  readonly texts: string[];
}

/**
 * The ids of counted events. An id is live until the watermark reaches its expiry: the end, with allowed lateness, of the
 * last window that it was counted in. That is tested at look-up, so when ids are evicted changes nothing but memory. UUIDs
 * in lower case take 45 to 70 bytes each; any other string is kept as it is, in a Map, and costs several times as much.
 */
export class IdSet {
  readonly #bound: number;
  readonly #parsed = new Int32Array(4);
  readonly #uuids = new UuidTable();
  readonly #texts = new TextTable();
  readonly #buckets = new Map<number, Bucket>();
  readonly #queue = new ExpiryQueue();
  #latest: Bucket | undefined;
  #size = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  /** Ids held: the live ones, and those not evicted yet. */
  get size(): number {
    return this.#size;
  }

  /** About how many bytes they take; a text counts as 150. */
  get bytes(): number {
    return this.#uuids.bytes + 150 * this.#texts.size;
  }

  has(id: Id, watermarkMs: number): boolean {
    return this.#has(id, this.#wordsOf(id), watermarkMs);
  }

  /**
   * Remembers an id until the watermark reaches `expiresMs`. Returns false, and changes nothing, where the id is live
   * already. Throws `too-many-ids` when more would be live than the bound allows.
   */
  claim(id: Id, expiresMs: number, watermarkMs: number): boolean {
    const words = this.#wordsOf(id);
    if (this.#size >= this.#bound) {
      this.evict(watermarkMs);
      if (this.#size >= this.#bound) {
        if (this.#has(id, words, watermarkMs)) return false;
        throw tooManyIds(this.#bound);
      }
    }
    const added =
      words === null
        ? this.#texts.add(id as string, expiresMs, watermarkMs)
        : this.#uuids.add(words, expiresMs, watermarkMs);
    if (!added) return false;

    const bucket = this.#latest?.expiresMs === expiresMs ? this.#latest : this.#bucketAt(expiresMs);
    bucket.held++;
    if (words === null) bucket.texts.push(id as string);
    this.#size++;
    return true;
  }

  evict(watermarkMs: number): void {
    for (;;) {
      const expiresMs = this.#queue.least;
      if (expiresMs === undefined || expiresMs > watermarkMs) return;
      this.#queue.pop();
      const bucket = this.#bucketAt(expiresMs);
      this.#size -= bucket.held;
      this.#texts.drop(bucket.texts, watermarkMs);
      this.#buckets.delete(expiresMs);
      this.#latest = undefined;
    }
  }

  /** Live ids in no particular order. */
  *live(watermarkMs: number): Generator<{ id: string; expiresMs: number }> {
    yield* this.#uuids.live(watermarkMs);
    yield* this.#texts.live(watermarkMs);
  }

  /** The words of a UUID; null for any other text. */
  #wordsOf(id: Id): Int32Array | null {
    if (typeof id !== "string") return id;
    return parseUuid(id, this.#parsed) ? this.#parsed : null;
  }

  #has(id: Id, words: Int32Array | null, watermarkMs: number): boolean {
    return words === null ? this.#texts.has(id as string, watermarkMs) : this.#uuids.has(words, watermarkMs);
  }

  #bucketAt(expiresMs: number): Bucket {
    let bucket = this.#buckets.get(expiresMs);
    if (bucket === undefined) {
      bucket = { expiresMs, held: 0, texts: [] };
      this.#buckets.set(expiresMs, bucket);
      this.#queue.push(expiresMs);
    }
    this.#latest = bucket;
    return bucket;
  }
}
