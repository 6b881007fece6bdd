/** A min-heap of items by the time or index at which they expire, so that closing looks only at what closes. */
export class ExpiryQueue {
  readonly #heap: number[] = [];
  readonly #items: number[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get least(): number | undefined {
    return this.#heap[0];
  }

  /** The items up to a bound, in no particular order. Looks at twice as many at most. */
  upTo(bound: number): number[] {
    const found: number[] = [];
    const visit = (at: number): void => {
      const expiry = this.#heap[at];
      if (expiry === undefined || expiry > bound) return;
      found.push(this.#items[at] as number);
      visit(2 * at + 1);
      visit(2 * at + 2);
    };
    visit(0);
    return found;
  }

  push(expiry: number, item = expiry): void {
    let at = this.#heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#heap[parent] as number) <= expiry) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#heap[at] = expiry;
    this.#items[at] = item;
  }

  /** Takes the item that expires first. */
  pop(): number | undefined {
    const heap = this.#heap;
    const first = this.#items[0];
    const last = heap.pop();
    const lastItem = this.#items.pop();
    if (last === undefined || lastItem === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= last) break;
      this.#move(child, at);
      at = child;
    }
    heap[at] = last;
    this.#items[at] = lastItem;
    return first;
  }

  #move(from: number, to: number): void {
    this.#heap[to] = this.#heap[from] as number;
    this.#items[to] = this.#items[from] as number;
  }
}
