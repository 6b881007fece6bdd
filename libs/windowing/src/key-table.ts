type Branch = Map<string, Branch | number>;

/**
 * Numbers for the combinations of keys that rows are held of, small and used again once no row is left. They are found by
 * the value of the first key, then of the second, and so on, which is much faster than by joined strings.
 */
export class KeyTable {
  readonly #root: Branch = new Map();
  /** Per key, its value by number. */
  readonly #columns: readonly string[][];
  readonly #rows: number[] = [];
  readonly #free: number[] = [];

  constructor(keys: number) {
    this.#columns = Array.from({ length: keys }, () => []);
  }

  /** Combinations held. */
  get size(): number {
    return this.#rows.length - this.#free.length;
  }

  /** About how many bytes it takes, the strings apart: an entry of a map, of each column and of the counts. */
  get bytes(): number {
    return this.size * (48 + 8 * this.#columns.length + 8);
  }

  /** The number of a combination that rows are held of, else -1. `slots` are the positions of the keys' values in `values`. */
  find(values: readonly string[], slots: readonly number[]): number {
    const depth = slots.length;
    if (depth === 0) return this.#rows.length > 0 && this.#free.length === 0 ? 0 : -1;
    let node = this.#root.get(values[slots[0] as number] as string);
    if (node === undefined) return -1;
    for (let at = 1; at < depth; at++) {
      node = (node as Branch).get(values[slots[at] as number] as string);
      if (node === undefined) return -1;
    }
    return node as number;
  }

  /** A number for a combination that has none. It is kept from the first `hold` on to the last `release`. */
  insert(values: readonly string[], slots: readonly number[]): number {
    const id = this.#free.pop() ?? this.#rows.length;
    this.#rows[id] = 0;
    let branch = this.#root;
    for (const [at, slot] of slots.entries()) {
      const value = values[slot] as string;
      (this.#columns[at] as string[])[id] = value;
      if (at === slots.length - 1) {
        branch.set(value, id);
      } else {
        let next = branch.get(value) as Branch | undefined;
        if (next === undefined) branch.set(value, (next = new Map()));
        branch = next;
      }
    }
    return id;
  }

  /** Says that one row more is held. */
  hold(id: number): void {
    this.#rows[id] = (this.#rows[id] as number) + 1;
  }

  /** Says that one row less is held. */
  release(id: number): void {
    const left = (this.#rows[id] as number) - 1;
    this.#rows[id] = left;
    if (left === 0) this.#forget(id);
  }

  valuesOf(id: number): string[] {
    const values: string[] = [];
    for (const column of this.#columns) values.push(column[id] as string);
    return values;
  }

  #forget(id: number): void {
    const values = this.valuesOf(id);
    const path = [this.#root];
    for (const value of values.slice(0, -1)) path.push((path.at(-1) as Branch).get(value) as Branch);
    for (const value of values.toReversed()) {
      const branch = path.pop() as Branch;
      branch.delete(value);
      if (branch.size > 0) break;
    }
    for (const column of this.#columns) column[id] = "";
    this.#free.push(id);
  }
}
