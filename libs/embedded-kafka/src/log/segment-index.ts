/** A place in a segment from which a look-up may walk. */
export interface IndexEntry {
  readonly position: number;
  /** First offset of the batch at `position`. */
  readonly offset: number;
  /** Largest timestamp of the batches before `position`, -Infinity for none. */
  readonly maxTimestampBefore: number;
}

/** Kafka's index.interval.bytes. */
const intervalBytes = 4096;
const origin: IndexEntry = { position: 0, offset: 0, maxTimestampBefore: Number.NEGATIVE_INFINITY };

/** A sparse index in memory: about one entry per 4 KiB of log, each of its fields rising. */
export function createSegmentIndex() {
  const entries: IndexEntry[] = [];
  return {
    /** Offers a batch at the segment's end; keeps it if it lies far enough behind the last. */
    offer(entry: IndexEntry): void {
      const last = entries.at(-1);
      if (last === undefined || entry.position - last.position >= intervalBytes) entries.push(entry);
    },
    /** The last entry whose `field` is at most `value`; the first one where none is. */
    lastAtMost(field: keyof IndexEntry, value: number): IndexEntry {
      let low = 0;
      let high = entries.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((entries[middle] ?? origin)[field] <= value) low = middle + 1;
        else high = middle;
      }
      return entries[Math.max(0, low - 1)] ?? origin;
    },
  };
}
