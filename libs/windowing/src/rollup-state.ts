import { accumulate, type AggregatePlan, createZeros, planAggregates } from "./aggregates.js";
import type { Rollup } from "./definition.js";
import { sumOverflowed } from "./errors.js";
import type { EventReader } from "./event-reader.js";
import { ExpiryQueue } from "./expiry-queue.js";
import { isOpen } from "./lateness.js";
import { windowIndex } from "./tumbling.js";

/** One row of a rollup, with absolute values. */
export interface WindowRow {
  readonly windowStartMs: number;
  /** In the order of the rollup's `keys`. */
  readonly keys: readonly string[];
  /** In the order of `Object.keys(rollup.aggregates)`. */
  readonly values: readonly number[];
}

interface Row {
  readonly windowStartMs: number;
  readonly keys: readonly string[];
  readonly values: number[];
  changed: boolean;
}

/** The rows of one rollup in a snapshot. */
export interface SavedRollup {
  readonly rollup: string;
  readonly rows: readonly WindowRow[];
  /** Positions in `rows` of those that no checkpoint has given out yet, in the order of their first change. None if absent. */
  readonly changed?: readonly number[];
}

/** Rows by the value of the first key, then of the second, and so on: much faster than joined string keys. */
type Branch = Map<string, Branch | Row>;

interface Window {
  readonly index: number;
  readonly branch: Branch;
  readonly rows: Row[];
}

/** The windows of one rollup. */
export class RollupState<E> {
  readonly name: string;
  readonly #sizeMs: number;
  readonly #allowedLatenessMs: number;
  readonly #plan: AggregatePlan;
  readonly #keySlots: readonly number[];
  readonly #zeros: () => number[];
  readonly #windows = new Map<number, Window>();
  readonly #queue = new ExpiryQueue();
  #latest: Window | undefined;
  #changed: Row[] = [];
  #rows = 0;

  constructor(rollup: Rollup<E>, allowedLatenessMs: number, reader: EventReader<E>) {
    this.name = rollup.name;
    this.#sizeMs = rollup.sizeMs;
    this.#allowedLatenessMs = allowedLatenessMs;
    this.#plan = planAggregates(rollup.aggregates, reader.numberSlots());
    this.#keySlots = rollup.keys.map((key) => reader.keySlot(key));
    this.#zeros = createZeros(this.#plan.names.length);
  }

  /** Rows held: those of open windows, and those not evicted yet. */
  get size(): number {
    return this.#rows;
  }

  /** Adds the event that the reader holds. Throws `sum-overflow`. */
  add(reader: EventReader<E>): void {
    const row = this.#rowFor(windowIndex(reader.timeMs, this.#sizeMs), reader.keys);
    const overflowed = accumulate(this.#plan, row.values, reader.numbers);
    if (overflowed >= 0) {
      throw sumOverflowed(this.name, this.#plan.names[overflowed] ?? "", row.windowStartMs, row.keys);
    }
    if (!row.changed) this.#markChanged(row);
  }

  /** The rows changed since the last call, in the order of their first change; copies. */
  takeChanged(): WindowRow[] {
    const rows = this.#changed.map((row) => {
      row.changed = false;
      return copyRow(row);
    });
    this.#changed = [];
    return rows;
  }

  evict(watermarkMs: number): void {
    for (;;) {
      const index = this.#queue.least;
      if (index === undefined || this.#isOpen(index, watermarkMs)) return;
      this.#queue.pop();
      this.#rows -= this.#windows.get(index)?.rows.length ?? 0;
      this.#windows.delete(index);
    }
  }

  /** The rows of open windows and those not taken by a checkpoint yet, and where the latter lie, in their order. */
  save(watermarkMs: number): SavedRollup {
    const rows: WindowRow[] = [];
    const positions = new Map<Row, number>();
    for (const window of this.#windows.values()) {
      const open = this.#isOpen(window.index, watermarkMs);
      for (const row of window.rows) {
        if (!open && !row.changed) continue;
        if (row.changed) positions.set(row, rows.length);
        rows.push(copyRow(row));
      }
    }
    return { rollup: this.name, rows, changed: this.#changed.map((row) => positions.get(row) ?? -1) };
  }

  /** Takes rows up again, except those of closed windows that no checkpoint waits for. */
  restore(saved: SavedRollup, watermarkMs: number): void {
    const changed = new Set(saved.changed);
    const restored = saved.rows.map((row, at) => {
      const index = windowIndex(row.windowStartMs, this.#sizeMs);
      return this.#isOpen(index, watermarkMs) || changed.has(at) ? this.#restoreRow(index, row) : undefined;
    });
    for (const at of changed) {
      const row = restored[at];
      if (row !== undefined) this.#markChanged(row);
    }
  }

  #restoreRow(index: number, saved: WindowRow): Row {
    const row = this.#insert(this.#windowAt(index), saved.keys);
    for (const [at, value] of saved.values.entries()) row.values[at] = value;
    return row;
  }

  #rowFor(index: number, keys: readonly string[]): Row {
    const window = this.#latest?.index === index ? this.#latest : this.#windowAt(index);
    const slots = this.#keySlots;
    let node: Branch | Row | undefined = slots.length === 0 ? window.rows[0] : window.branch;
    for (let at = 0; at < slots.length && node !== undefined; at++) {
      node = (node as Branch).get(keys[slots[at] as number] as string);
    }
    return (
      (node as Row | undefined) ??
      this.#insert(
        window,
        slots.map((slot) => keys[slot] as string),
      )
    );
  }

  #windowAt(index: number): Window {
    let window = this.#windows.get(index);
    if (window === undefined) {
      window = { index, branch: new Map(), rows: [] };
      this.#windows.set(index, window);
      this.#queue.push(index);
    }
    this.#latest = window;
    return window;
  }

  #insert(window: Window, keys: readonly string[]): Row {
    const row: Row = { windowStartMs: window.index * this.#sizeMs, keys, values: this.#zeros(), changed: false };
    window.rows.push(row);
    this.#rows++;
    let branch = window.branch;
    for (const [at, key] of keys.entries()) {
      if (at === keys.length - 1) {
        branch.set(key, row);
      } else {
        let next = branch.get(key) as Branch | undefined;
        if (next === undefined) branch.set(key, (next = new Map()));
        branch = next;
      }
    }
    return row;
  }

  #markChanged(row: Row): void {
    row.changed = true;
    this.#changed.push(row);
  }

  #isOpen(index: number, watermarkMs: number): boolean {
    return isOpen((index + 1) * this.#sizeMs, this.#allowedLatenessMs, watermarkMs);
  }
}

function copyRow(row: Row): WindowRow {
  return { windowStartMs: row.windowStartMs, keys: row.keys, values: row.values.slice() };
}
