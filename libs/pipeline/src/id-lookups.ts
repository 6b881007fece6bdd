/** In records. */
const FIRST_PATIENCE = 50_000;
const LONGEST_PATIENCE = 5_000_000;

/**
 * Whether a partition looks up the ids of its events before it judges them, where ids are unique over all partitions. It is never
 * needed: a checkpoint with an id that another partition has counted is refused, and processed again without the event. It is
 * cheaper than that where copies come often, and a waste where none come. The rule:
 * 1. Nothing is looked up until a checkpoint was refused.
 * 2. From then on ids are looked up until so many records in a row held no copy as `patience` says.
 * 3. A refusal after that doubles the patience: copies come now and then.
 *
 * What is counted does not depend on it.
 */
export class IdLookups {
  #patience: number;
  #recordsLeft = 0;

  /** `patience`: of the first time, in records; default 50,000. */
  constructor(patience = FIRST_PATIENCE) {
    this.#patience = patience / 2;
  }

  get areDue(): boolean {
    return this.#recordsLeft > 0;
  }

  /** So many records were looked up, and some of their ids were another partition's, or none. */
  onLookedUp(records: number, hasCopies: boolean): void {
    this.#recordsLeft = hasCopies ? this.#patience : this.#recordsLeft - records;
  }

  /** A checkpoint was refused. While ids are looked up too, where another partition commits the same ones at the same moment. */
  onRefused(): void {
    if (!this.areDue) this.#patience = Math.min(this.#patience * 2, LONGEST_PATIENCE);
    this.#recordsLeft = this.#patience;
  }
}
