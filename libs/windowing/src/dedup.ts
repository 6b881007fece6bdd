import { tooManyIds } from "./errors.js";
import { ExpiryQueue } from "./expiry-queue.js";
import { isOpen } from "./lateness.js";
import { TextTable } from "./text-table.js";
import { windowIndex } from "./tumbling.js";
import { parseUuid, UuidTable } from "./uuid-table.js";

interface Bucket {
  readonly index: number;
  held: number;
  readonly texts: string[];
}

/**
 * The ids of counted events. An id is live while the base window it was counted in is open; that is tested at look-up,
 * so when ids are evicted changes nothing but memory. UUIDs in lower case take 50 to 100 bytes each; any other string is
 * kept as it is, in a Map, and costs several times as much.
 */
export class IdSet {
  readonly #sizeMs: number;
  readonly #latenessMs: number;
  readonly #bound: number;
  readonly #uuid = new Int32Array(4);
  readonly #uuids = new UuidTable();
  readonly #texts = new TextTable();
  readonly #buckets = new Map<number, Bucket>();
  readonly #queue = new ExpiryQueue();
  #latest: Bucket | undefined;
  #size = 0;

  constructor(baseSizeMs: number, allowedLatenessMs: number, bound: number) {
    this.#sizeMs = baseSizeMs;
    this.#latenessMs = allowedLatenessMs;
    this.#bound = bound;
  }

  /** Ids held: the live ones, and those not evicted yet. */
  get size(): number {
    return this.#size;
  }

  /**
   * Remembers an id as counted in base window `index`. Returns false, and changes nothing, where the id is live already.
   * Throws `too-many-ids` when more would be live than the bound allows.
   */
  claim(id: string, index: number, watermarkMs: number): boolean {
    const isUuid = parseUuid(id, this.#uuid);
    if (this.#size >= this.#bound) {
      this.evict(watermarkMs);
      if (this.#size >= this.#bound) {
        if (isUuid ? this.#uuids.has(this.#uuid, watermarkMs) : this.#texts.has(id, watermarkMs)) return false;
        throw tooManyIds(this.#bound);
      }
    }
    const expiresMs = (index + 1) * this.#sizeMs + this.#latenessMs;
    const added = isUuid
      ? this.#uuids.add(this.#uuid, expiresMs, watermarkMs)
      : this.#texts.add(id, expiresMs, watermarkMs);
    if (!added) return false;

    const bucket = this.#latest?.index === index ? this.#latest : this.#bucketAt(index);
    bucket.held++;
    if (!isUuid) bucket.texts.push(id);
    this.#size++;
    return true;
  }

  evict(watermarkMs: number): void {
    for (;;) {
      const index = this.#queue.least;
      if (index === undefined || this.#isOpen(index, watermarkMs)) return;
      this.#queue.pop();
      const bucket = this.#bucketAt(index);
      this.#size -= bucket.held;
      this.#texts.drop(bucket.texts, watermarkMs);
      this.#buckets.delete(index);
      this.#latest = undefined;
    }
  }

  /** Takes ids up again, except expired ones. `timeMs` is any time within the base window that the id was counted in. */
  restore(ids: Iterable<{ readonly id: string; readonly timeMs: number }>, watermarkMs: number): void {
    for (const { id, timeMs } of ids) {
      const index = windowIndex(timeMs, this.#sizeMs);
      if (this.#isOpen(index, watermarkMs)) this.claim(id, index, watermarkMs);
    }
  }

  /** Live ids in no particular order, each with the start of the base window that it was counted in. */
  *live(watermarkMs: number): Generator<{ id: string; timeMs: number }> {
    for (const table of [this.#uuids, this.#texts]) {
      for (const { id, expiresMs } of table.live(watermarkMs)) {
        yield { id, timeMs: expiresMs - this.#latenessMs - this.#sizeMs };
      }
    }
  }

  #bucketAt(index: number): Bucket {
    let bucket = this.#buckets.get(index);
    if (bucket === undefined) {
      bucket = { index, held: 0, texts: [] };
      this.#buckets.set(index, bucket);
      this.#queue.push(index);
    }
    this.#latest = bucket;
    return bucket;
  }

  #isOpen(index: number, watermarkMs: number): boolean {
    return isOpen((index + 1) * this.#sizeMs, this.#latenessMs, watermarkMs);
  }
}
