/** Where a partition is read from next. */
export interface Position {
  readonly offset: number;
  /** The client was told to fetch from `offset` because a batch began above it, and none was taken since. */
  readonly sought: boolean;
}

/** What a fetched batch covers; both ends count in markers and aborted records. */
export interface OffsetRange {
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** The offset that the fetch asked for; null where the client cannot tell. */
  readonly fetchedFrom: number | null;
}

/**
 * - `take`: the batch goes on from the position. Of the offsets from the position on, the first `lost` were deleted before
 *   they were read; those that have no record otherwise were never readable (markers, aborted, compacted).
 * - `lose`: nothing of the batch can be taken, but `lost` offsets are gone for good. Fetch from the new position.
 * - `seek`: the batch is not from here. Fetch from the position.
 * - `ask-log-start`: step again with the partition's log start, read now.
 */
export type PositionOutput =
  | { readonly kind: "take"; readonly lost: number }
  | { readonly kind: "lose"; readonly lost: number }
  | { readonly kind: "seek" }
  | { readonly kind: "ask-log-start" };

export interface PositionStep {
  readonly position: Position;
  readonly output: PositionOutput;
}

/**
 * What to do with a batch. A client may deliver batches from before a seek, and jumps to the log's start without a word when
 * it is sent below it, so that a batch above the position proves nothing by itself. A gap is believed only with evidence:
 *
 * - the fetch asked for an offset at or below the position and got none before `firstOffset`: nobody can read the gap
 * - the log starts above the position: what is below its start is gone
 * - the client cannot tell what it asked for, but was sent back to the position once: as the first
 *
 * Invariants: the position never falls; no offset that can still be read is passed over; each is taken once.
 */
export function stepPosition(position: Position, range: OffsetRange, logStart?: number): PositionStep {
  const { offset, sought } = position;
  const { firstOffset, lastOffset } = range;
  if (lastOffset < offset) return { position, output: { kind: "seek" } };
  if (firstOffset <= offset) return take(lastOffset, 0);

  const { fetchedFrom } = range;
  if (fetchedFrom !== null && fetchedFrom <= offset) return take(lastOffset, 0);
  if (logStart === undefined) return { position, output: { kind: "ask-log-start" } };

  const askedFrom = fetchedFrom ?? (sought ? offset : firstOffset);
  const reachable = Math.max(offset, logStart);
  if (firstOffset <= reachable) return take(lastOffset, firstOffset - offset);
  if (askedFrom <= reachable) return take(lastOffset, reachable - offset);
  if (reachable > offset) {
    return { position: { offset: reachable, sought: false }, output: { kind: "lose", lost: reachable - offset } };
  }
  return { position: { offset, sought: true }, output: { kind: "seek" } };
}

function take(lastOffset: number, lost: number): PositionStep {
  return { position: { offset: lastOffset + 1, sought: false }, output: { kind: "take", lost } };
}
