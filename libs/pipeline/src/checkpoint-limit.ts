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
 * 4. While one is being written, records are gathered up to what the limit becomes if it is written quickly (`ahead`): partitions
 *    that become full together do not wait for each other's commits. After a slow one they are gathered up to the limit alone.
 *
 * The tables do not depend on it: wherever checkpoints are cut, they add up to the same rows.
 */
export class CheckpointLimit implements CheckpointExtent {
  readonly #most: CheckpointExtent;
  #growth = GROWTH;
  #wasQuick = false;
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

  /** As much may be gathered while a checkpoint is being written. */
  get ahead(): CheckpointExtent {
    return this.#wasQuick ? this.#grown() : this;
  }

  onCommitted({ records, bytes }: CheckpointExtent, writeMs: number): void {
    this.#wasQuick = writeMs <= QUICK_MS;
    if (!this.#wasQuick || (records * 2 < this.#records && bytes * 2 < this.#bytes)) return;
    const grown = this.#grown();
    this.#records = grown.records;
    this.#bytes = grown.bytes;
  }

  onOversized({ records, bytes }: CheckpointExtent): void {
    this.#wasQuick = false;
    this.#growth = CAREFUL_GROWTH;
    this.#records = Math.max(Math.floor(Math.min(records, this.#records) / 2), 1);
    this.#bytes = Math.max(Math.floor(Math.min(bytes, this.#bytes) / 2), 1);
  }

  #grown(): CheckpointExtent {
    return {
      records: Math.min(Math.ceil(this.#records * this.#growth), this.#most.records),
      bytes: Math.min(Math.ceil(this.#bytes * this.#growth), this.#most.bytes),
    };
  }
}
