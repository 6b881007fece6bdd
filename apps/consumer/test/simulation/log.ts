import type { IdScope, KeyLimit } from "@tidemark/pipeline/definition";
import { socmedEvent } from "@tidemark/socmed";
import type { SourceRecord } from "@tidemark/sources";
import { Random } from "./random.js";

const { encode } = socmedEvent;

/** One partition: a record or, where there is none, a marker, at each offset from `start` on. */
export interface PartitionLog {
  readonly partition: number;
  /** Where it begins before retention takes anything. */
  readonly start: number;
  readonly end: number;
  readonly entries: ReadonlyMap<number, SourceRecord | undefined>;
}

/** A topic with all that will ever be in it. */
export interface TopicLog {
  readonly times: {
    readonly watermarkDelayMs: number;
    readonly allowedLatenessMs: number;
    readonly maxFutureSkewMs: number;
  };
  readonly partitions: readonly PartitionLog[];
  /** Of each rollup; null: there is none. */
  readonly keyLimit: KeyLimit | null;
  /** Where an id is unique. There are ten of them, so that partitions have most in common. */
  readonly idScope: IdScope;
}

const epoch = 1_706_979_600; // 2024-02-03T17:00:00Z
const places = ["Bogor", "Depok"];
const platforms = ["X", "TikTok"];
const text = new TextEncoder();

/** A small log, in which much is late, doubled, from the future, or no event; of one to three partitions if none are given. */
export function createLog(seed: number, given?: number): TopicLog {
  const random = new Random(seed);
  const times = {
    watermarkDelayMs: random.pick([0, 4_000, 12_000]),
    allowedLatenessMs: random.pick([0, 0, 5_000]),
    maxFutureSkewMs: 8_000,
  };
  const drawn = random.integer(1, 3);
  const partitions = Array.from({ length: given ?? drawn }, (_, partition) => createPartition(random, partition));
  const keyLimit = random.pick([
    null,
    { perWindow: 1, beyond: "other" },
    { perWindow: 2, beyond: "other" },
    { perWindow: 3, beyond: "reject" },
  ] as const);
  const idScope = random.pick(["partition", "partition", "topic"] as const);
  return { times, partitions, keyLimit, idScope };
}

function createPartition(random: Random, partition: number): PartitionLog {
  const start = random.pick([0, 0, 3]);
  const end = start + random.integer(6, 26);
  const entries = new Map<number, SourceRecord | undefined>();
  let arrivalMs = epoch * 1_000;
  for (let offset = start; offset < end; offset += 1) {
    arrivalMs += random.integer(0, 3_000);
    const timestampMs = random.chance(0.9) ? arrivalMs : -1;
    const value = random.chance(0.08) ? noEvent(random) : eventAt(random, Math.floor(arrivalMs / 1_000));
    entries.set(offset, random.chance(0.12) ? undefined : { offset, timestampMs, key: null, value });
  }
  return { partition, start, end, entries };
}

function noEvent(random: Random): Uint8Array | null {
  return random.pick([null, text.encode("{}"), text.encode("{nope")]);
}

function eventAt(random: Random, arrivalSeconds: number): Uint8Array {
  const shift = random.chance(0.06) ? random.integer(9, 30) : -random.integer(0, random.chance(0.2) ? 40 : 6);
  return encode({
    ID: `00000000-0000-4000-8000-00000000000${random.integer(0, 9)}`,
    Kota: random.pick(places),
    Sosial_Media: random.pick(platforms),
    Usage_Count: random.integer(0, 900),
    Sales: random.integer(0, 90),
    Visitors: random.integer(0, 3),
    PageVisitors: random.integer(0, 3),
    Conversion: random.integer(0, 3),
    Ts: arrivalSeconds + shift,
  });
}
