import type { CountedId } from "../checkpoint.js";
import { idKey } from "./id-key.js";

/** About what an entry takes in memory. */
const ENTRY_BYTES = 140;

/** An id of a checkpoint in the making, as the table of ids will hold it. */
export interface IdEntry extends Omit<CountedId, "id"> {
  readonly key: string;
}

/** The ids of a checkpoint's counted events. */
export class CountedIds {
  #entries: IdEntry[] = [];
  #isSorted = true;

  get bytes(): number {
    return this.#entries.length * ENTRY_BYTES;
  }

  add(ids: readonly CountedId[]): void {
    for (const { id, offset, liveUntilMs, watermarkMs } of ids) {
      this.#entries.push({ key: idKey(id), offset, liveUntilMs, watermarkMs });
    }
    this.#isSorted = false;
  }

  /**
   * By their keys, in the order of UTF-16 code units. Each writer inserts in this order: two that hold the same ids would
   * otherwise wait for each other.
   */
  sorted(): readonly IdEntry[] {
    if (!this.#isSorted) this.#entries.sort(byKey);
    this.#isSorted = true;
    return this.#entries;
  }
}

/** Of the sorted entries, the last one of each key: an id may have become free within the checkpoint, and been counted again. */
export function newestOf(sorted: readonly IdEntry[]): readonly IdEntry[] {
  return sorted.filter(({ key }, at) => key !== sorted[at + 1]?.key);
}

function byKey(a: IdEntry, b: IdEntry): number {
  if (a.key === b.key) return a.offset - b.offset;
  return a.key < b.key ? -1 : 1;
}
