/** Records of a partition that are in the log, and cannot be read before a transaction that is open ends. */
export interface HeldRecords {
  readonly partition: number;
  /** The first record of the transaction that began first. */
  readonly from: number;
  /** One past the last offset of the log: the high watermark. */
  readonly to: number;
  /** When that transaction was first seen, in ms since 1970. It may have begun before. */
  readonly sinceMs: number;
}

/** Where a partition ends, as an answer of Kafka told it. */
export interface LogEnd {
  /** The last stable offset: what is below it can be read. */
  readonly stable: number;
  /** The high watermark: what is below it is in the log. */
  readonly highWatermark: number;
}

export type HeldRecordsEvent =
  /** Records stand behind an open transaction: told at each change. */
  | ({ readonly type: "held-back" } & HeldRecords)
  /** Nothing of the partition stands behind an open transaction any more. */
  | { readonly type: "held-back-ended"; readonly partition: number };

/** Knows what stands behind open transactions, of all partitions of a source. */
export class HeldRecordsWatch {
  readonly #held = new Map<number, HeldRecords>();

  /** Undefined where nothing has changed. */
  update(partition: number, { stable, highWatermark }: LogEnd, nowMs: number): HeldRecordsEvent | undefined {
    const before = this.#held.get(partition);
    if (highWatermark <= stable) {
      return this.#held.delete(partition) ? { type: "held-back-ended", partition } : undefined;
    }
    if (before?.from === stable && before.to === highWatermark) return undefined;
    const sinceMs = before?.from === stable ? before.sinceMs : nowMs;
    const held = { partition, from: stable, to: highWatermark, sinceMs };
    this.#held.set(partition, held);
    return { type: "held-back", ...held };
  }

  /** The partition is another's now. */
  forget(partition: number): void {
    this.#held.delete(partition);
  }
}
