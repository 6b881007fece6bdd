/** How much a checkpoint holds: records, and bytes of their values. */
export interface CheckpointExtent {
  readonly records: number;
  readonly bytes: number;
}

/** A commit that took longer, in ms, is no reason to write more at once: Postgres gives a statement 8 s. */
const QUICK_MS = 2_000;
/** A checkpoint that a slow link takes some seconds for. */
const FIRST: CheckpointExtent = { records: 10_000, bytes: 2 * 1024 * 1024 };
const GROWTH = 2;
/** Once Postgres's limits are known. */
const CAREFUL_GROWTH = 1.25;

/**
 * How much the next checkpoint of a partition may hold. The rule:
 * 1. A checkpoint that exceeded a limit of Postgres's is divided: the next holds half of it, down to one record.
 * 2. One that was written quickly, and held at least half of what it might, lets the next hold twice as much, up to `most`; a quarter
 *    more where one had to be divided before.
 * 3. One that was written slowly changes nothing.
 *
 * The tables do not depend on it: wherever checkpoints are cut, they add up to the same rows.
 */
export class CheckpointLimit implements CheckpointExtent {
  readonly #most: CheckpointExtent;
  #growth = GROWTH;
  #records: number;
  #bytes: number;

  constructor(most: CheckpointExtent) {
    this.#most = most;
    this.#records = Math.min(most.records, FIRST.records);
    this.#bytes = Math.min(most.bytes, FIRST.bytes);
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  isReachedBy({ records, bytes }: CheckpointExtent): boolean {
    return records >= this.#records || bytes >= this.#bytes;
  }

  onCommitted({ records, bytes }: CheckpointExtent, writeMs: number): void {
    if (writeMs > QUICK_MS || (records * 2 < this.#records && bytes * 2 < this.#bytes)) return;
    this.#records = Math.min(Math.ceil(this.#records * this.#growth), this.#most.records);
    this.#bytes = Math.min(Math.ceil(this.#bytes * this.#growth), this.#most.bytes);
  }

  onOversized({ records, bytes }: CheckpointExtent): void {
    this.#growth = CAREFUL_GROWTH;
    this.#records = Math.max(Math.floor(Math.min(records, this.#records) / 2), 1);
    this.#bytes = Math.max(Math.floor(Math.min(bytes, this.#bytes) / 2), 1);
  }
}
