import { tooManyIds } from "./errors.js";
import { ExpiryQueue } from "./expiry-queue.js";
import { TextTable } from "./text-table.js";
import { parseUuid, UuidTable } from "./uuid-table.js";

/** The ids that expire at the same watermark. */
interface Bucket {
  readonly expiresMs: number;
  held: number;
  readonly texts: string[];
}

/**
 * The ids of counted events. An id is live until the watermark reaches its expiry: the end, with allowed lateness, of the
 * last window that it was counted in. That is tested at look-up, so when ids are evicted changes nothing but memory. UUIDs
 * in lower case take 50 to 100 bytes each; any other string is kept as it is, in a Map, and costs several times as much.
 */
export class IdSet {
  readonly #bound: number;
  readonly #uuid = new Int32Array(4);
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

  has(id: string, watermarkMs: number): boolean {
    return parseUuid(id, this.#uuid) ? this.#uuids.has(this.#uuid, watermarkMs) : this.#texts.has(id, watermarkMs);
  }

  /**
   * Remembers an id until the watermark reaches `expiresMs`. Returns false, and changes nothing, where the id is live
   * already. Throws `too-many-ids` when more would be live than the bound allows.
   */
  claim(id: string, expiresMs: number, watermarkMs: number): boolean {
    const isUuid = parseUuid(id, this.#uuid);
    if (this.#size >= this.#bound) {
      this.evict(watermarkMs);
      if (this.#size >= this.#bound) {
        if (isUuid ? this.#uuids.has(this.#uuid, watermarkMs) : this.#texts.has(id, watermarkMs)) return false;
        throw tooManyIds(this.#bound);
      }
    }
    const added = isUuid
      ? this.#uuids.add(this.#uuid, expiresMs, watermarkMs)
      : this.#texts.add(id, expiresMs, watermarkMs);
    if (!added) return false;

    const bucket = this.#latest?.expiresMs === expiresMs ? this.#latest : this.#bucketAt(expiresMs);
    bucket.held++;
    if (!isUuid) bucket.texts.push(id);
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
