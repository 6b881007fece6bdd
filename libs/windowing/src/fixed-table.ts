import { Accumulators } from "./accumulators.js";
import { planAggregates } from "./aggregates.js";
import { fixedWindowsOf, type HoppingAssigner, type TumblingAssigner, windowIndex } from "./assigners.js";
import type { Rollup, RowOf } from "./definition.js";
import { sumOverflowed } from "./errors.js";
import type { EventReader } from "./event-reader.js";
import { ExpiryQueue } from "./expiry-queue.js";
import { isOther, OTHER_KEY } from "./key-limit.js";
import type { KeyTable } from "./key-table.js";
import { isOpen } from "./lateness.js";
import { RowIndex } from "./row-index.js";
import type { SavedRollup, SavedRow, SavedWindow } from "./snapshot.js";
import { compareFinals, createRow } from "./windowing.js";

/** A window and the first and last of its rows. */
interface Pane {
  readonly index: number;
  /** A small number, used again once the window is evicted. */
  readonly number: number;
  first: number;
  last: number;
  /** Rows that have taken a place of the limit: all but the one beyond it. */
  taken: number;
  /** The row beyond the limit. */
  other: number;
}

export interface TableOptions {
  readonly allowedLatenessMs: number;
  /** Rows are given out once, when they have closed. */
  readonly isFinal: boolean;
}

const NONE = -1;
const CACHED_PANES = 64;

/** The rows of one rollup of tumbling or hopping windows. */
export class FixedTable<E> {
  readonly name: string;
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
  readonly #latenessMs: number;
  readonly keys: KeyTable;
  readonly #keyFields: readonly string[];
  readonly keySlots: readonly number[];
  readonly #aggregates: readonly string[];
  readonly #accumulators: Accumulators<E>;
  readonly #index = new RowIndex();
  readonly #panes = new Map<number, Pane>();
  readonly #paneByNumber: Pane[] = [];
  /** The pane last seen of each index modulo its length. */
  readonly #cache: (Pane | undefined)[] = Array.from({ length: CACHED_PANES });
  readonly #freeNumbers: number[] = [];
  readonly #expiry = new ExpiryQueue();
  /** 1 for a row that has not been given out as it is. */
  #isChanged = new Uint8Array(64);
  /** Those rows, in the order of their first change, where they are given out before they close. */
  #changed: number[] = [];
  readonly #isFinal: boolean;
  /** How many rows of a window take a place, and whether further ones are counted in one row. Infinity: no limit. */
  readonly #perWindow: number;
  readonly #hasOther: boolean;
  /** Events of combinations beyond the limit are rejected. */
  readonly isRejecting: boolean;

  constructor(rollup: Rollup<E>, reader: EventReader<E>, keys: KeyTable, options: TableOptions) {
    const { sizeMs, slideMs, offsetMs } = fixedWindowsOf(rollup.window as TumblingAssigner | HoppingAssigner);
    this.name = rollup.name;
    this.sizeMs = sizeMs;
    this.slideMs = slideMs;
    this.offsetMs = offsetMs;
    this.#latenessMs = options.allowedLatenessMs;
    this.#isFinal = options.isFinal;
    this.#perWindow = rollup.keyLimit?.perWindow ?? Infinity;
    this.#hasOther = rollup.keyLimit?.beyond === "other";
    this.isRejecting = rollup.keyLimit?.beyond === "reject";
    this.keys = keys;
    this.#keyFields = rollup.keys;
    this.keySlots = rollup.keys.map((key) => reader.keySlot(key));
    this.#aggregates = Object.keys(rollup.aggregates);
    this.#accumulators = new Accumulators(planAggregates(rollup.aggregates, reader.numberSlots()));
  }

  get rows(): number {
    return this.#accumulators.size;
  }

  get bytes(): number {
    // A pane is an object, an entry of a map and one of a queue.
    return this.#accumulators.bytes + this.#index.bytes + this.#isChanged.byteLength + this.#panes.size * 120;
  }

  /**
   * Adds the event to the window of this index, beyond a limit to its other row. `key` is the number of the event's combination of
   * keys, or -1 where none is held; returns that number. Throws `sum-overflow`.
   */
  add(index: number, key: number, reader: EventReader<E>, event: E): number {
    const cached = this.#cache[index & (CACHED_PANES - 1)];
    const pane = cached !== undefined && cached.index === index ? cached : this.#paneAt(index);
    let row = key === NONE ? NONE : this.#index.find(pane.number, key);
    let held = key;
    if (row === NONE) {
      row = this.#rowOfNew(pane, key, reader.keys);
      held = row === pane.other ? this.keys.find(reader.keys, this.keySlots) : this.#index.keyOf(row);
    }
    const overflowed = this.#accumulators.add(row, reader, event);
    if (this.#isChanged[row] === 0) this.#markChanged(row);
    if (overflowed >= 0) this.#refuseOverflow(overflowed, row);
    return held;
  }

  /** Whether a combination of keys is beyond the limit of the window of this index. `key` as in `add`. */
  isBeyondLimit(index: number, key: number): boolean {
    const pane = this.#panes.get(index);
    if (pane === undefined || pane.taken < this.#perWindow) return false;
    return key === NONE || this.#index.find(pane.number, key) === NONE;
  }

  takeChanged(): RowOf[] {
    const rows = this.#changed.map((row) => {
      this.#isChanged[row] = 0;
      return this.#give(row, this.#windowOf(row));
    });
    this.#changed = [];
    return rows;
  }

  takeClosed(watermarkMs: number): RowOf[] {
    const closed: (SavedWindow & { readonly row: number })[] = [];
    for (const index of this.#expiry.upTo(this.#lastClosed(watermarkMs))) {
      for (let row = this.#firstRowOf(index); row !== NONE; row = this.#index.nextInPane(row)) {
        this.#isChanged[row] = 0;
        closed.push({ row, ...this.#windowOf(row) });
      }
    }
    return closed.sort(compareFinals).map(({ row, ...window }) => this.#give(row, window));
  }

  evict(watermarkMs: number): void {
    for (;;) {
      const index = this.#expiry.least;
      if (index === undefined || this.isOpen(index, watermarkMs)) return;
      this.#expiry.pop();
      this.#evictPane(this.#panes.get(index) as Pane);
    }
  }

  /** The rows of open windows and those that wait for a checkpoint, and where the latter lie, in their order. */
  save(watermarkMs: number): SavedRollup {
    const rows: SavedRow[] = [];
    const positions = new Map<number, number>();
    for (const pane of this.#panes.values()) {
      const open = this.isOpen(pane.index, watermarkMs);
      for (let row = pane.first; row !== NONE; row = this.#index.nextInPane(row)) {
        if (!open && this.#isChanged[row] === 0) continue;
        if (this.#isChanged[row] === 1) positions.set(row, rows.length);
        const { windowStartMs, keys } = this.#windowOf(row);
        rows.push({ windowStartMs, keys, ...this.#accumulators.save(row) });
      }
    }
    const changed = this.#isFinal ? [...positions.values()] : this.#changed.map((row) => positions.get(row) ?? -1);
    return { rollup: this.name, rows, changed };
  }

  restore(saved: SavedRollup, watermarkMs: number): void {
    const changed = new Set(saved.changed);
    const slots = this.keySlots.map((_, at) => at);
    const restored = saved.rows.map((row, at) => {
      const index = windowIndex(row.windowStartMs, this.slideMs, this.offsetMs);
      if (!this.isOpen(index, watermarkMs) && !changed.has(at)) return NONE;
      const pane = this.#paneAt(index);
      const held =
        this.#hasOther && isOther(row.keys, slots) ? this.#otherRowOf(pane) : this.#insertKeys(pane, row.keys, slots);
      this.#accumulators.restore(held, row);
      return held;
    });
    // Of final rows none was given out, whatever the snapshot says.
    if (this.#isFinal) for (const row of restored) if (row !== NONE) this.#isChanged[row] = 1;
    for (const at of changed) this.#markChanged(restored[at] as number);
  }

  /** Rows held of the window that starts then. */
  countRows(startMs: number): number {
    const index = windowIndex(startMs, this.slideMs, this.offsetMs);
    let count = 0;
    if (this.#startOf(index) !== startMs) return count;
    for (let row = this.#firstRowOf(index); row !== NONE; row = this.#index.nextInPane(row)) count++;
    return count;
  }

  isOpen(index: number, watermarkMs: number): boolean {
    return isOpen(this.#startOf(index) + this.sizeMs, this.#latenessMs, watermarkMs);
  }

  #startOf(index: number): number {
    return index * this.slideMs + this.offsetMs;
  }

  /** The greatest index of a closed window; an infinity where all or none are. */
  #lastClosed(watermarkMs: number): number {
    if (!Number.isFinite(watermarkMs)) return watermarkMs;
    // End + lateness <= watermark.
    return windowIndex(watermarkMs - this.#latenessMs - this.sizeMs, this.slideMs, this.offsetMs);
  }

  #paneAt(index: number): Pane {
    let pane = this.#panes.get(index);
    if (pane === undefined) {
      pane = {
        index,
        number: this.#freeNumbers.pop() ?? this.#panes.size,
        first: NONE,
        last: NONE,
        taken: 0,
        other: NONE,
      };
      this.#panes.set(index, pane);
      this.#paneByNumber[pane.number] = pane;
      this.#expiry.push(index);
    }
    this.#cache[index & (CACHED_PANES - 1)] = pane;
    return pane;
  }

  #insertKeys(pane: Pane, values: readonly string[], slots: readonly number[]): number {
    const key = this.keys.find(values, slots);
    return this.#insert(pane, key === NONE ? this.keys.insert(values, slots) : key);
  }

  /** The row of a combination that the window has none of yet. */
  #rowOfNew(pane: Pane, key: number, values: readonly string[]): number {
    if (this.#hasOther && (pane.taken >= this.#perWindow || isOther(values, this.keySlots)))
      return this.#otherRowOf(pane);
    return this.#insert(pane, key === NONE ? this.keys.insert(values, this.keySlots) : key);
  }

  /** The row of a window for the combinations beyond the limit, which takes no place of it. */
  #otherRowOf(pane: Pane): number {
    if (pane.other !== NONE) return pane.other;
    const others = this.keySlots.map(() => OTHER_KEY);
    pane.other = this.#insertKeys(pane, others, [...others.keys()]);
    pane.taken--;
    return pane.other;
  }

  #insert(pane: Pane, key: number): number {
    this.keys.hold(key);
    pane.taken++;
    const row = this.#accumulators.allocate();
    this.#index.insert(row, pane.number, key, pane.last);
    if (pane.first === NONE) pane.first = row;
    pane.last = row;
    if (row >= this.#isChanged.length) {
      const grown = new Uint8Array(this.#isChanged.length * 2);
      grown.set(this.#isChanged);
      this.#isChanged = grown;
    }
    return row;
  }

  #evictPane(pane: Pane): void {
    for (let row = pane.first, next; row !== NONE; row = next) {
      next = this.#index.nextInPane(row);
      this.keys.release(this.#index.keyOf(row));
      this.#index.remove(row);
      this.#accumulators.free(row);
    }
    this.#panes.delete(pane.index);
    this.#freeNumbers.push(pane.number);
    const slot = pane.index & (CACHED_PANES - 1);
    if (this.#cache[slot] === pane) this.#cache[slot] = undefined;
  }

  #markChanged(row: number): void {
    this.#isChanged[row] = 1;
    if (!this.#isFinal) this.#changed.push(row);
  }

  #firstRowOf(index: number): number {
    return this.#panes.get(index)?.first ?? NONE;
  }

  #windowOf(row: number): SavedWindow {
    const pane = this.#paneByNumber[this.#index.paneOf(row)] as Pane;
    const windowStartMs = this.#startOf(pane.index);
    const keys = this.keys.valuesOf(this.#index.keyOf(row));
    return { windowStartMs, windowEndMs: windowStartMs + this.sizeMs, keys };
  }

  #give(row: number, window: SavedWindow): RowOf {
    return createRow(this.#keyFields, window, this.#accumulators.results(row));
  }

  #refuseOverflow(aggregate: number, row: number): never {
    const { windowStartMs, keys } = this.#windowOf(row);
    throw sumOverflowed(this.name, this.#aggregates[aggregate] ?? "", windowStartMs, keys);
  }
}
