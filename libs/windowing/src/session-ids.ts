import { tooManyIds } from "./errors.js";

/** A V8 Map ends at 2^24 entries, and counts deleted ones until they are half of it. */
const MOST_IDS = 8_000_000;

/** The ids counted in sessions, by the row of their session: they live as long as it does, however it grows. */
export class SessionIds {
  readonly #bound: number;
  readonly #rows = new Map<string, number>();
  readonly #ids: string[][] = [];

  constructor(bound: number) {
    this.#bound = Math.min(bound, MOST_IDS);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** About how many bytes they take. */
  get bytes(): number {
    return 150 * this.#rows.size;
  }

  get isFull(): boolean {
    return this.#rows.size >= this.#bound;
  }

  /** Throws `too-many-ids`. */
  checkRoom(): void {
    if (this.isFull) throw tooManyIds(this.#bound);
  }

  /** The row of the session that the id was counted in last; it may have closed. */
  rowOf(id: string): number | undefined {
    return this.#rows.get(id);
  }

  remember(id: string, row: number): void {
    this.#rows.set(id, row);
    (this.#ids[row] ??= []).push(id);
  }

  /** The ids of row `from` are those of row `into` from now on. */
  moveRow(from: number, into: number): void {
    for (const id of this.#take(from)) this.remember(id, into);
  }

  forgetRow(row: number): void {
    // An id that came again, after its session had closed, is another row's now.
    for (const id of this.#take(row)) if (this.#rows.get(id) === row) this.#rows.delete(id);
  }

  idsOf(row: number): string[] {
    return (this.#ids[row] ?? []).filter((id) => this.#rows.get(id) === row);
  }

  #take(row: number): string[] {
    const ids = this.#ids[row] ?? [];
    this.#ids[row] = [];
    return ids;
  }
}
