import type { Counts } from "./lanes.js";

/** Counts at a moment; `atMs` is of any clock that only rises. */
export interface Sample extends Counts {
  readonly atMs: number;
}

const WINDOW_MS = 5_000;

/** The samples that a rate is still taken from: those of the last 5 s, and the one before them. Oldest first. */
export function keepRecent(samples: readonly Sample[], latest: Sample): Sample[] {
  const all = [...samples, latest];
  const firstInside = all.findIndex(({ atMs }) => atMs > latest.atMs - WINDOW_MS);
  return all.slice(Math.max(0, firstInside - 1));
}

/** Events sent per second between the oldest sample and the latest; 0 where no time has passed. */
export function sendRate(samples: readonly Sample[]): number {
  const [oldest] = samples;
  const latest = samples.at(-1);
  if (oldest === undefined || latest === undefined || latest.atMs <= oldest.atMs) return 0;
  return ((latest.sent - oldest.sent) * 1000) / (latest.atMs - oldest.atMs);
}

export function progressLine(counts: Counts, ratePerSecond: number): string {
  const { sent, acknowledged, failed } = counts;
  const rate = ratePerSecond < 100 ? ratePerSecond.toFixed(1) : group(Math.round(ratePerSecond));
  return `sent ${group(sent)} | ${rate}/s | acknowledged ${group(acknowledged)} | failed ${group(failed)}`;
}

/** As the deck prints what Kafka answers; times in epoch ms. */
export function recordLine(topic: string, partition: number, offset: bigint | null, timestamp: string): string {
  return `RecordMetadata(topic=${topic}, partition=${partition}, offset=${offset ?? "unknown"}, timestamp=${timestamp})`;
}

function group(value: number): string {
  return value.toLocaleString("en-US");
}
