import { logReplaced } from "./errors.js";
import { fingerprintOf, isSameRecord } from "./fingerprint.js";
import type { FetchedBatch } from "./kafka-port.js";
import type { Owned, PartitionEffect, PartitionRules } from "./partition-state.js";

/**
 * The outcome of looking for the newest record that was read, in a batch that was fetched from its offset on:
 *
 * - `same`: it is there as it was read. The log is the one that was read.
 * - `other`: another record has its offset. The topic was made anew, or the log was cut off and written anew.
 * - `removed`: no record has its offset: retention, compaction or a deletion has taken it. That proves nothing.
 * - `seek`: the batch is not from there. Fetch from the offset of the record.
 * - `ask-log-start`: compare again with the partition's log start, read now.
 */
export type Comparison =
  | { readonly kind: "same" }
  | { readonly kind: "other"; readonly error: Error }
  | { readonly kind: "removed" }
  | { readonly kind: "seek" }
  | { readonly kind: "ask-log-start" };

/** Where the partition is fetched from: one record earlier than the position while that record is still to be compared. */
export function fetchOffset({ position, last, comparison }: Owned): number {
  return comparison === "done" || last === undefined ? position.offset : last.offset;
}

/** What a new task, or one whose fetching was interrupted, has to do first. */
export function dueComparison({ last }: Pick<Owned, "last">, logStart = 0): Owned["comparison"] {
  return last === undefined || logStart > last.offset ? "done" : "due";
}

export function compareLast(
  { last, comparison }: Owned,
  { topic, partition }: PartitionRules,
  { records, firstOffset, lastOffset, fetchedFrom }: FetchedBatch,
  logStart?: number,
): Comparison {
  if (last === undefined) return { kind: "same" };
  const { offset } = last;
  const found = records.find((record) => record.offset >= offset);
  if (found?.offset === offset) {
    const fingerprint = fingerprintOf(found);
    if (isSameRecord(fingerprint, last)) return { kind: "same" };
    return { kind: "other", error: logReplaced(topic, partition, last, fingerprint) };
  }
  if (lastOffset < offset) return { kind: "seek" };
  // A client that cannot tell where it fetched from was sent to the offset once, at least.
  const askedFrom = fetchedFrom ?? (comparison === "sought" ? offset : firstOffset);
  if (Math.min(askedFrom, firstOffset) <= offset) return { kind: "removed" };
  if (logStart === undefined) return { kind: "ask-log-start" };
  return logStart > offset ? { kind: "removed" } : { kind: "seek" };
}

/** Tells that the newest record that was read is gone, so that nothing shows whether the log is the same. */
export function notCompared(partition: number, { last }: Pick<Owned, "last">): readonly PartitionEffect[] {
  if (last === undefined) return [];
  return [{ type: "emit", event: { type: "not-compared", partition, offset: last.offset } }];
}
