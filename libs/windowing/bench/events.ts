/** Generated events for the benchmark: seeded, so that each run has the same. */

export interface BenchEvent {
  readonly id: string;
  readonly key: string;
  /** ms */
  readonly at: number;
  readonly usage: number;
  readonly sales: number;
  readonly visitors: number;
  readonly leavers: number;
  readonly conversion: number;
}

export interface StreamShape {
  readonly events: number;
  readonly keys: number;
  /** How many events make one second of event time. */
  readonly perSecond: number;
  /** Each event's time is up to so much earlier than its place in the stream says. */
  readonly shuffledMs: number;
}

export const counters = ["usage", "sales", "visitors", "leavers", "conversion"] as const;

export function createEvents({ events, keys, perSecond, shuffledMs }: StreamShape): BenchEvent[] {
  const random = createRandom(1);
  const names = Array.from({ length: keys }, (_, index) => `key-${index}`);
  const start = Date.UTC(2024, 1, 3, 17);
  return Array.from({ length: events }, (_, index) => ({
    id: createUuid(random),
    key: names[Math.floor(random() * keys)] as string,
    at: start + Math.floor((index * 1000) / perSecond - random() * shuffledMs),
    usage: Math.floor(random() * 1000),
    sales: Math.floor(random() * 150),
    visitors: Math.floor(random() * 1000),
    leavers: Math.floor(random() * 250),
    conversion: Math.floor(random() * 500),
  }));
}

/** mulberry32: uniform in [0, 1). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function createUuid(random: () => number): string {
  const hex = Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0"),
  ).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
