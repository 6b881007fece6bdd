import { ExpiryQueue } from "./expiry-queue.js";

const FREE = -1;
const START = 0;
const END = 1;
/** The end under which the session waits in the queue: its own, or an earlier one. */
const QUEUED = 2;
const FIELDS = 3;
const LEAST_ROWS = 64;

/** The rows of one combination of keys by the end of their sessions. Those before `from` are gone. */
interface SessionList {
  readonly rows: number[];
  from: number;
}

/**
 * Where sessions begin and end, by their row; those of one combination of keys are a list by their end. Closed ones come first in it,
 * and open ones, none of which touches another, are by their start too. About 40 bytes a session and 16 in the queue of ends. A session
 * that grows stays where it is in the queue, and is put back once its old end is reached.
 */
export class SessionTable {
  #times = new Float64Array(LEAST_ROWS * FIELDS);
  #keys = new Int32Array(LEAST_ROWS).fill(FREE);
  /** By the number of the combination. */
  readonly #lists: (SessionList | undefined)[] = [];
  readonly #queue = new ExpiryQueue();

  get bytes(): number {
    // A list is two objects, and a row of it eight bytes.
    return this.#times.byteLength + 3 * this.#keys.byteLength + 80 * this.#lists.length + 16 * this.#queue.size;
  }

  startOf(row: number): number {
    return this.#times[row * FIELDS + START] as number;
  }

  endOf(row: number): number {
    return this.#times[row * FIELDS + END] as number;
  }

  keyOf(row: number): number {
    return this.#keys[row] as number;
  }

  /** The rows of sessions of this combination that touch [startMs, endMs) and end after `closedMs`, by their start. */
  findTouching(key: number, startMs: number, endMs: number, closedMs: number): number[] {
    const found: number[] = [];
    const list = this.#lists[key];
    if (list === undefined) return found;
    for (let at = this.#findFirst(list, Math.max(startMs, closedMs + 1)); at < list.rows.length; at++) {
      const row = list.rows[at] as number;
      if (this.startOf(row) > endMs) break;
      found.push(row);
    }
    return found;
  }

  insert(row: number, key: number, startMs: number, endMs: number): void {
    if (row >= this.#keys.length) this.#grow();
    this.#keys[row] = key;
    this.#times[row * FIELDS + START] = startMs;
    this.#times[row * FIELDS + END] = endMs;
    const list = (this.#lists[key] ??= { rows: [], from: 0 });
    list.rows.splice(this.#findFirst(list, endMs), 0, row);
    this.#enqueue(row);
  }

  /** Sets new bounds. The end must not fall, and no session that is left may touch them. */
  extend(row: number, startMs: number, endMs: number): void {
    this.#times[row * FIELDS + START] = startMs;
    this.#times[row * FIELDS + END] = endMs;
  }

  remove(row: number): void {
    const key = this.keyOf(row);
    const list = this.#lists[key] as SessionList;
    let at = this.#findFirst(list, this.endOf(row));
    while (list.rows[at] !== row) at++;
    if (at === list.from) list.from++;
    else list.rows.splice(at, 1);
    // What is gone is left behind, once it is most of the list.
    if (list.from === list.rows.length) this.#lists[key] = undefined;
    else if (list.from > 32 && list.from * 2 > list.rows.length) this.#leaveBehind(list);
    this.#keys[row] = FREE;
  }

  /** The rows of sessions that end at or before `closedMs`, in no particular order. */
  findClosed(closedMs: number): number[] {
    const rows = new Set(this.#queue.upTo(closedMs));
    return [...rows].filter((row) => this.#keys[row] !== FREE && this.endOf(row) <= closedMs);
  }

  /** Takes the rows of sessions that end at or before `closedMs` out, one at a time, each after the one before was removed. */
  *takeClosed(closedMs: number): Generator<number> {
    for (;;) {
      const endMs = this.#queue.least;
      if (endMs === undefined || endMs > closedMs) return;
      const row = this.#queue.pop() as number;
      // Its row was freed meanwhile, and perhaps taken by another.
      if (this.#keys[row] === FREE || this.#times[row * FIELDS + QUEUED] !== endMs) continue;
      if (this.endOf(row) > closedMs) this.#enqueue(row);
      else yield row;
    }
  }

  /** All rows held. */
  *rows(): Generator<number> {
    for (const [row, key] of this.#keys.entries()) if (key !== FREE) yield row;
  }

  /** The position of the first session that ends at or after a time. */
  #findFirst({ rows, from }: SessionList, timeMs: number): number {
    let [low, high] = [from, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.endOf(rows[middle] as number) < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #leaveBehind(list: SessionList): void {
    list.rows.splice(0, list.from);
    list.from = 0;
  }

  #enqueue(row: number): void {
    const endMs = this.endOf(row);
    this.#times[row * FIELDS + QUEUED] = endMs;
    this.#queue.push(endMs, row);
  }

  #grow(): void {
    const [times, keys] = [this.#times, this.#keys];
    this.#times = new Float64Array(times.length * 2);
    this.#times.set(times);
    this.#keys = new Int32Array(keys.length * 2).fill(FREE);
    this.#keys.set(keys);
  }
}
