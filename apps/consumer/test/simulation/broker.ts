import type { FetchedBatch } from "@tidemark/sources";
import type { PartitionLog, TopicLog } from "./log.js";
import type { Random } from "./random.js";

/** A partition as it stands: what has been written by now, and what retention has left. */
export interface Bounds {
  start: number;
  end: number;
}

/** The log that grows and is cut off at its start while it is read. */
export class Broker {
  readonly bounds: readonly (Bounds & { readonly log: PartitionLog })[];
  readonly #random: Random;

  constructor(topic: TopicLog, random: Random) {
    this.#random = random;
    this.bounds = topic.partitions.map((log) => ({ log, start: log.start, end: log.start }));
  }

  at(partition: number): Bounds & { readonly log: PartitionLog } {
    const found = this.bounds[partition];
    if (found === undefined) throw new RangeError(`There is no partition ${partition}.`);
    return found;
  }

  /** What a fetch from `asked` brings; undefined where nothing is there yet. Cut anywhere; it may begin before `asked`. */
  read(partition: number, asked: number): FetchedBatch | undefined {
    const { log, start, end } = this.at(partition);
    const random = this.#random;
    if (asked >= end) return undefined;
    const from = random.chance(0.15) ? Math.max(start, asked - random.integer(0, 3)) : asked;
    const offsets = Array.from(
      { length: Math.min(end - asked, random.integer(1, 7)) + asked - from },
      (_, i) => from + i,
    );
    const records = offsets.flatMap((offset) => log.entries.get(offset) ?? []);
    const fetched = { partition, records, logEndOffset: end };
    const lastOffset = offsets.at(-1) ?? asked;
    if (records.length === 0) return { ...fetched, firstOffset: from, lastOffset, fetchedFrom: null };
    // As kafkajs does, which takes the first record's offset for the batch's first.
    const firstOffset = records[0]?.offset ?? from;
    return { ...fetched, firstOffset, lastOffset, fetchedFrom: random.chance(0.9) ? asked : null };
  }
}
