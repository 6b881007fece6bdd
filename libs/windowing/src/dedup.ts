import { tooManyIds } from "./errors.js";
import { ExpiryQueue } from "./expiry-queue.js";
import { isOpen } from "./lateness.js";
import { windowIndex } from "./tumbling.js";

/**
 * The ids of counted events. An id is live while the base window it was counted in is open; that is tested at look-up,
 * so when ids are evicted changes nothing but memory.
 */
export class IdSet {
  readonly #sizeMs: number;
  readonly #allowedLatenessMs: number;
  readonly #bound: number;
  readonly #windowOf = new Map<string, number>();
  readonly #idsOf = new Map<number, string[]>();
  readonly #queue = new ExpiryQueue();

  constructor(baseSizeMs: number, allowedLatenessMs: number, bound: number) {
    this.#sizeMs = baseSizeMs;
    this.#allowedLatenessMs = allowedLatenessMs;
    this.#bound = bound;
  }

  /** Ids held: the live ones, and those not evicted yet. */
  get size(): number {
    return this.#windowOf.size;
  }

  isLive(id: string, watermarkMs: number): boolean {
    const index = this.#windowOf.get(id);
    return index !== undefined && this.#isOpen(index, watermarkMs);
  }

  /** Remembers an id counted in base window `index`. Throws `too-many-ids` when more would be live than the bound allows. */
  remember(id: string, index: number, watermarkMs: number): void {
    if (this.#windowOf.size >= this.#bound) {
      this.evict(watermarkMs);
      if (this.#windowOf.size >= this.#bound) throw tooManyIds(this.#bound);
    }
    this.#windowOf.set(id, index);
    const ids = this.#idsOf.get(index);
    if (ids !== undefined) {
      ids.push(id);
    } else {
      this.#idsOf.set(index, [id]);
      this.#queue.push(index);
    }
  }

  evict(watermarkMs: number): void {
    for (;;) {
      const index = this.#queue.least;
      if (index === undefined || this.#isOpen(index, watermarkMs)) return;
      this.#queue.pop();
      for (const id of this.#idsOf.get(index) ?? []) {
        // An expired id may have been counted again since, in a later window.
        if (this.#windowOf.get(id) === index) this.#windowOf.delete(id);
      }
      this.#idsOf.delete(index);
    }
  }

  /** Takes ids up again, except expired ones. `timeMs` is any time within the base window that the id was counted in. */
  restore(ids: Iterable<{ readonly id: string; readonly timeMs: number }>, watermarkMs: number): void {
    for (const { id, timeMs } of ids) {
      const index = windowIndex(timeMs, this.#sizeMs);
      if (this.#isOpen(index, watermarkMs) && !this.isLive(id, watermarkMs)) this.remember(id, index, watermarkMs);
    }
  }

  /** Live ids, each with the start of the base window that it was counted in. */
  *live(watermarkMs: number): Generator<{ id: string; timeMs: number }> {
    for (const [id, index] of this.#windowOf) {
      if (this.#isOpen(index, watermarkMs)) yield { id, timeMs: index * this.#sizeMs };
    }
  }

  #isOpen(index: number, watermarkMs: number): boolean {
    return isOpen((index + 1) * this.#sizeMs, this.#allowedLatenessMs, watermarkMs);
  }
}
