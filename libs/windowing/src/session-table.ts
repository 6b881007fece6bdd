import { ExpiryQueue } from "./expiry-queue.js";

const NONE = -1;
const FREE = -1;
const START = 0;
const END = 1;
/** The end under which the session waits in the queue: its own, or an earlier one. */
const QUEUED = 2;
const FIELDS = 3;
const LEAST_ROWS = 64;

/**
 * Where sessions begin and end, by their row; those of one combination of keys are a list. 40 bytes a session and 16 in the
 * queue of ends. A session that grows stays where it is in the queue, and is put back once its old end is reached.
 */
export class SessionTable {
  #times = new Float64Array(LEAST_ROWS * FIELDS);
  #keys = new Int32Array(LEAST_ROWS).fill(FREE);
  #next = new Int32Array(LEAST_ROWS);
  /** Per combination of keys, the first row of its list. */
  readonly #heads: number[] = [];
  readonly #queue = new ExpiryQueue();

  get bytes(): number {
    return this.#times.byteLength + 2 * this.#keys.byteLength + 8 * this.#heads.length + 16 * this.#queue.size;
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
    for (let row = this.#heads[key] ?? NONE; row !== NONE; row = this.#next[row] as number) {
      const [start, end] = [this.startOf(row), this.endOf(row)];
      if (start <= endMs && end >= startMs && end > closedMs) found.push(row);
    }
    return found.length < 2 ? found : found.sort((a, b) => this.startOf(a) - this.startOf(b));
  }

  insert(row: number, key: number, startMs: number, endMs: number): void {
    if (row >= this.#keys.length) this.#grow();
    this.#keys[row] = key;
    this.#next[row] = this.#heads[key] ?? NONE;
    this.#heads[key] = row;
    this.#times[row * FIELDS + START] = startMs;
    this.#times[row * FIELDS + END] = endMs;
    this.#enqueue(row);
  }

  /** Sets new bounds. The end must not fall. */
  extend(row: number, startMs: number, endMs: number): void {
    this.#times[row * FIELDS + START] = startMs;
    this.#times[row * FIELDS + END] = endMs;
  }

  remove(row: number): void {
    const key = this.keyOf(row);
    const next = this.#next[row] as number;
    let before = this.#heads[key] as number;
    if (before === row) {
      this.#heads[key] = next;
    } else {
      while (this.#next[before] !== row) before = this.#next[before] as number;
      this.#next[before] = next;
    }
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

  #enqueue(row: number): void {
    const endMs = this.endOf(row);
    this.#times[row * FIELDS + QUEUED] = endMs;
    this.#queue.push(endMs, row);
  }

  #grow(): void {
    const [times, keys, next] = [this.#times, this.#keys, this.#next];
    this.#times = new Float64Array(times.length * 2);
    this.#times.set(times);
    this.#keys = new Int32Array(keys.length * 2).fill(FREE);
    this.#keys.set(keys);
    this.#next = new Int32Array(next.length * 2);
    this.#next.set(next);
  }
}
