/** An event that was counted, as far as later ones with its id must know of it. */
export interface CountedId {
  readonly offset: number;
  /** The watermark from which the id is free again, in epoch ms: the end of the event's base window + allowed lateness. */
  readonly untilMs: number;
}

/** The ids that were counted in one partition. Those that are free again are dropped now and then, which no answer shows. */
export interface CountedIds {
  /** The counted event that makes an event with this id a duplicate, or undefined. The watermark never falls from call to call. */
  find(id: string, watermarkMs: number): CountedId | undefined;
  /** Takes in an event that was counted, when `find` had found none for its id. */
  add(id: string, counted: CountedId, watermarkMs: number): void;
  /** How many are held: at most 3/2 of those that were alive at some time, and three. */
  readonly size: number;
}

export function createCountedIds(): CountedIds {
  const ids = new Map<string, CountedId>();
  let sizeAfterDropping = 0;

  return {
    find(id, watermarkMs) {
      const counted = ids.get(id);
      return counted !== undefined && counted.untilMs > watermarkMs ? counted : undefined;
    },
    add(id, counted, watermarkMs) {
      ids.set(id, counted);
      // Only when there are half as many more, so that each id is looked at a few times, not at every event.
      if (ids.size < sizeAfterDropping * 1.5 + 3) return;
      for (const [other, { untilMs }] of ids) {
        if (untilMs <= watermarkMs) ids.delete(other);
      }
      sizeAfterDropping = ids.size;
    },
    get size() {
      return ids.size;
    },
  };
}
