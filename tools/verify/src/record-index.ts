/** What makes a record of a log equal to an event of the scenario. */
export interface Identity {
  readonly timestampMs: number;
  readonly key: Uint8Array | string | null;
  readonly value: Uint8Array | null;
}

/** Finds records by all that they hold. Eight to twelve bytes each. */
export interface RecordIndex {
  /** Places of records that may be equal, rising: whoever asks compares. */
  placesOf(record: Identity): Iterable<number>;
}

/** One pass over all records. */
export function createRecordIndex(length: number, recordAt: (place: number) => Identity): RecordIndex {
  const mask = 2 ** Math.ceil(Math.log2(length + 1)) - 1;
  /** Of each hash the first place; of each place the next with the same hash. 0: none, so that places count from 1. */
  const firsts = new Uint32Array(mask + 1);
  const nexts = new Uint32Array(length + 1);
  for (let place = length; place > 0; place -= 1) {
    const hash = hashOf(recordAt(place - 1)) & mask;
    nexts[place] = firsts[hash] ?? 0;
    firsts[hash] = place;
  }
  return {
    *placesOf(record) {
      for (let at = firsts[hashOf(record) & mask] ?? 0; at > 0; at = nexts[at] ?? 0) yield at - 1;
    },
  };
}

/** FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashOf({ timestampMs, key, value }: Identity): number {
  let hash = 0x811c9dc5;
  for (const part of [Buffer.from(String(timestampMs)), key === null ? null : Buffer.from(key), value]) {
    for (const byte of part ?? []) hash = Math.imul(hash ^ byte, 0x01000193);
    hash = Math.imul(hash ^ (part === null ? 1 : 0), 0x01000193);
  }
  return hash ^ (hash >>> 15);
}
