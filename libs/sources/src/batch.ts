import { brokenBatch } from "./errors.js";

export interface SourceRecord {
  readonly offset: number;
  /** The record's timestamp in ms since 1970; -1 where it has none. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/**
 * Everything in [task position, nextOffset): the records, and counts of the offsets that have none.
 * Invariant: nextOffset - position = records.length + skipped + lost.
 */
export interface SourceBatch {
  /** In offset order. */
  readonly records: readonly SourceRecord[];
  readonly nextOffset: number;
  /** Offsets that never can be read: transaction markers, aborted records, compacted ones. */
  readonly skipped: number;
  /** Offsets whose records were deleted upstream before they were read. */
  readonly lost: number;
  /** The end of what could be read when this was fetched, the last stable offset, or a newer one. */
  readonly logEndOffset: number;
}

export interface Cut {
  readonly position: number;
  readonly nextOffset: number;
  readonly lost: number;
  readonly logEndOffset: number;
}

/**
 * Cuts what is below the position off fetched records, and counts the offsets without one.
 *
 * @throws SourceError `broken-batch` where there are more records than offsets
 */
export function cutBatch(fetched: readonly SourceRecord[], cut: Cut): SourceBatch {
  const { position, nextOffset, lost, logEndOffset } = cut;
  const first = fetched.findIndex((record) => record.offset >= position);
  const records = first === 0 ? fetched : first < 0 ? [] : fetched.slice(first);
  const skipped = nextOffset - position - records.length - lost;
  if (skipped < 0) throw brokenBatch(position, nextOffset, records.length);
  return { records, nextOffset, skipped, lost, logEndOffset };
}
