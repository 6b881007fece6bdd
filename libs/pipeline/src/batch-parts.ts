import { valueBytesOf, type SourceBatch, type SourceRecord } from "@tidemark/sources";

/** How much a part may hold. A part has one record at least, however large that is. */
export interface PartLimit {
  readonly records: number;
  /** Of the records' values. */
  readonly bytes: number;
}

/** No part is larger: a checkpoint that becomes full ends behind one, memory is asked for by parts, and rows of one are there at once. */
export const MOST_RECORDS = 250;
const MOST_BYTES = 1024 * 1024;

/** Cuts a batch that begins at the offset `from` into batches that add up to it. */
export class BatchParts {
  readonly #logEndOffset: number;
  readonly #nextOffset: number;
  #records: readonly SourceRecord[];
  /** Of the first record that is left. */
  #at = 0;
  /** How many records the next part has. */
  #length = 0;
  #position: number;
  #lost: number;
  #isDone = false;

  constructor({ records, nextOffset, lost, logEndOffset }: SourceBatch, from: number) {
    this.#records = records;
    this.#nextOffset = nextOffset;
    this.#lost = lost;
    this.#logEndOffset = logEndOffset;
    this.#position = from;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Decides where the next part ends, and returns the bytes of its values. */
  measureNext(limit: PartLimit): number {
    const [mostRecords, mostBytes] = [Math.min(limit.records, MOST_RECORDS), Math.min(limit.bytes, MOST_BYTES)];
    let bytes = sizeAt(this.#records, this.#at);
    let end = Math.min(this.#at + 1, this.#records.length);
    for (; end < this.#records.length && end - this.#at < mostRecords; end += 1) {
      const size = sizeAt(this.#records, end);
      if (bytes + size > mostBytes) break;
      bytes += size;
    }
    this.#length = end - this.#at;
    return bytes;
  }

  /** The part that was measured. */
  next(): SourceBatch {
    const end = this.#at + this.#length;
    const isAll = this.#at === 0 && end === this.#records.length;
    const records = isAll ? this.#records : this.#records.slice(this.#at, end);
    const nextOffset = this.#records[end]?.offset ?? this.#nextOffset;
    const lost = this.#lost;
    const skipped = nextOffset - this.#position - lost - records.length;
    this.#position = nextOffset;
    this.#lost = 0;
    this.#at = end;
    this.#isDone = end === this.#records.length;
    return { records, nextOffset, skipped, lost, logEndOffset: this.#logEndOffset };
  }

  /**
   * Copies the records that are left. Fetched keys and values are views of the whole answer, with the records of other partitions,
   * or of a whole unpacked batch: whoever keeps one for long keeps all of it.
   */
  detach(): void {
    this.#records = this.#records.slice(this.#at).map(({ offset, timestampMs, key, value }) => ({
      offset,
      timestampMs,
      key: key && Uint8Array.from(key),
      value: value && Uint8Array.from(value),
    }));
    this.#at = 0;
  }
}

function sizeAt(records: readonly SourceRecord[], at: number): number {
  const record = records[at];
  return record === undefined ? 0 : valueBytesOf(record);
}
