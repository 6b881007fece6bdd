const NONE = -1;
const FIELDS = 4;
const PANE = 0;
const KEY = 1;
/** The next row with the same hash. */
const NEXT_IN_CHAIN = 2;
/** The next row of the same pane, in the order of their coming. */
const NEXT_IN_PANE = 3;
/** Each partition has a table for each rollup, and many partitions may have few windows. */
const LEAST_ROWS = 16;

/**
 * Finds a row by the numbers of its pane and its combination of keys. A hash table whose chains run through the rows'
 * own entries: 16 bytes a row and 4 to 8 for the heads, removal without traces, and nothing for the garbage collector to walk.
 */
export class RowIndex {
  #entries = new Int32Array(LEAST_ROWS * FIELDS).fill(NONE);
  #heads = new Int32Array(LEAST_ROWS).fill(NONE);

  get bytes(): number {
    return this.#entries.byteLength + this.#heads.byteLength;
  }

  /** The row, or -1. */
  find(pane: number, key: number): number {
    const entries = this.#entries;
    let row = this.#heads[hash(pane, key) & (this.#heads.length - 1)] as number;
    while (row !== NONE) {
      const at = row * FIELDS;
      if (entries[at + PANE] === pane && entries[at + KEY] === key) return row;
      row = entries[at + NEXT_IN_CHAIN] as number;
    }
    return NONE;
  }

  /** Enters a row, as the last of its pane behind `previous` (-1: none). */
  insert(row: number, pane: number, key: number, previous: number): void {
    if ((row + 1) * FIELDS > this.#entries.length) this.#grow(row + 1);
    const at = row * FIELDS;
    this.#entries[at + PANE] = pane;
    this.#entries[at + KEY] = key;
    this.#entries[at + NEXT_IN_PANE] = NONE;
    if (previous !== NONE) this.#entries[previous * FIELDS + NEXT_IN_PANE] = row;
    this.#link(row, this.#entries, this.#heads);
  }

  remove(row: number): void {
    const entries = this.#entries;
    const head = hash(this.paneOf(row), this.keyOf(row)) & (this.#heads.length - 1);
    const next = entries[row * FIELDS + NEXT_IN_CHAIN] as number;
    if (this.#heads[head] === row) {
      this.#heads[head] = next;
    } else {
      let before = this.#heads[head] as number;
      while (entries[before * FIELDS + NEXT_IN_CHAIN] !== row) {
        before = entries[before * FIELDS + NEXT_IN_CHAIN] as number;
      }
      entries[before * FIELDS + NEXT_IN_CHAIN] = next;
    }
    entries[row * FIELDS + PANE] = NONE;
  }

  paneOf(row: number): number {
    return this.#entries[row * FIELDS + PANE] as number;
  }

  keyOf(row: number): number {
    return this.#entries[row * FIELDS + KEY] as number;
  }

  /** The row after this one in its pane, or -1. */
  nextInPane(row: number): number {
    return this.#entries[row * FIELDS + NEXT_IN_PANE] as number;
  }

  #link(row: number, entries: Int32Array, heads: Int32Array): void {
    const at = row * FIELDS;
    const head = hash(entries[at + PANE] as number, entries[at + KEY] as number) & (heads.length - 1);
    entries[at + NEXT_IN_CHAIN] = heads[head] as number;
    heads[head] = row;
  }

  #grow(rows: number): void {
    const old = this.#entries;
    let length = old.length;
    while (length < rows * FIELDS) length *= 2;
    const entries = new Int32Array(length).fill(NONE);
    entries.set(old);
    const heads = new Int32Array(entries.length / FIELDS).fill(NONE);
    // Rows that are not in have no pane.
    for (let row = 0; row * FIELDS < old.length; row++) {
      if (old[row * FIELDS + PANE] !== NONE) this.#link(row, entries, heads);
    }
    this.#entries = entries;
    this.#heads = heads;
  }
}

/** The finalizer of MurmurHash3 over both, since panes and keys count up. */
function hash(pane: number, key: number): number {
  let mixed = Math.imul(pane, 0x9e3779b1) ^ key;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}
