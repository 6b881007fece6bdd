import {
  createPartitionOracle,
  createPlacement,
  type Answers,
  type AskDatabase,
  type Judgement,
} from "@tidemark/scenario/oracle";
import type { SocmedEvent } from "@tidemark/socmed";
import { createStream, presets } from "@tidemark/socmed/scenario";
import { socmedData } from "@tidemark/socmed/tables";

/** What the oracle says of a scenario's first events, and from that, by plain loops, what each panel has to show. */

export interface Judged {
  readonly judgement: Judgement;
  readonly timestampMs: number;
}

export interface Truth {
  readonly judged: readonly Judged[];
  readonly partitions: Answers["partitions"];
}

const partitionCount = 8;

/**
 * A constraint for the raw table that refuses one event in about 250 by its id, since what visitors do depends on the time of day;
 * and the oracle's way to the same.
 */
export const constraint = "CHECK (right(id::text, 2) <> '1f')";
const askConstraint: AskDatabase = (_offset, outcome, { row }) =>
  outcome === "counted" && String(row["ID"]).endsWith("1f") ? "refused" : undefined;

/** With `constraint` on the raw table. */
export function askOracle(name: keyof typeof presets, events: number, startMs: number): Truth {
  const scenario = presets[name];
  if (scenario === undefined) throw new Error(`There is no scenario ${name}.`);
  const stream = createStream({ scenario, seed: 1, startMs });
  const place = createPlacement(partitionCount);
  const logs = Array.from({ length: partitionCount }, () => ({
    oracle: createPartitionOracle(socmedData, askConstraint),
    nextOffset: 0,
  }));
  const judged = Array.from({ length: events }, (_, index): Judged => {
    const { key, timestampMs, value } = stream.at(index);
    const { partition, offset } = place(key);
    const log = logs[partition];
    if (log === undefined) throw new Error(`There is no partition ${partition}.`);
    log.nextOffset = offset + 1;
    return { judgement: log.oracle.take({ offset, timestampMs, value }), timestampMs };
  });
  const partitions = logs.map(({ oracle: { ledger, watermarkMs, maxEventTimeMs }, nextOffset }) => ({
    ledger,
    watermarkMs,
    maxEventTimeMs,
    nextOffset,
  }));
  return { judged, partitions };
}

/** Both ends included, epoch ms. */
export interface Frame {
  readonly fromMs: number;
  readonly toMs: number;
}

type Row = SocmedEvent;

const windowOf = (row: Row, sizeMs = 5_000): number => Math.floor((row.Ts * 1000) / sizeMs) * sizeMs;

/** The counted events whose 5 s window begins within the time range. */
export function countedWithin({ judged }: Truth, { fromMs, toMs }: Frame): Row[] {
  return judged.flatMap(({ judgement }) => {
    if (judgement.kind !== "counted") return [];
    const row = judgement.row as Row;
    const start = windowOf(row);
    return start >= fromMs && start <= toMs ? [row] : [];
  });
}

export const sumOf = (
  rows: readonly Row[],
  field: "Usage_Count" | "Sales" | "Visitors" | "PageVisitors" | "Conversion",
) => rows.reduce((sum, row) => sum + row[field], 0);

export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return new Map([...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Mean per event, pooled rate, both ends of its 95 % interval, events that have a rate. */
export function rateOf(rows: readonly Row[], numerator: "Conversion" | "PageVisitors"): (number | null)[] {
  const withVisitors = rows.filter(({ Visitors }) => Visitors > 0);
  const rates = withVisitors.map((row) => (row[numerator] / row.Visitors) * 100);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const [successes, trials] = [sumOf(rows, numerator), sumOf(rows, "Visitors")];
  const share = successes / trials;
  const z = 1.959963984540054;
  const middle = (share + z ** 2 / (2 * trials)) / (1 + z ** 2 / trials);
  const half = (z / (1 + z ** 2 / trials)) * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  const isProper = successes <= trials;
  const [low, high] = isProper ? [(middle - half) * 100, (middle + half) * 100] : [null, null];
  return [mean, share * 100, low, high, rates.length];
}

/** The first by name among those that have most. */
export function mostOf(sums: ReadonlyMap<string, number>): [name: string, sum: number] {
  const [first] = [...sums].toSorted(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
  return first ?? ["", 0];
}

/** Sums by platform and point in time; points are so wide, and begin at multiples of that. */
export function usageByPoint(rows: readonly Row[], widthMs: number): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) {
    const key = `${Math.floor(windowOf(row) / widthMs) * widthMs} ${row.Sosial_Media}`;
    sums.set(key, (sums.get(key) ?? 0) + row.Usage_Count);
  }
  return sums;
}

/** Records by what `keyOf` says of them, of those whose minute of arrival begins within the time range. */
export function recordsWithin(
  { judged }: Truth,
  { fromMs, toMs }: Frame,
  keyOf: (judgement: Judgement, minuteMs: number) => string | undefined,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { judgement, timestampMs } of judged) {
    const minuteMs = Math.floor(timestampMs / 60_000) * 60_000;
    const key = minuteMs >= fromMs && minuteMs <= toMs ? keyOf(judgement, minuteMs) : undefined;
    if (key !== undefined) sums.set(key, (sums.get(key) ?? 0) + 1);
  }
  return sums;
}

const buckets: readonly [belowMs: number, name: string][] = [
  [1_000, "under 1 s"],
  [10_000, "1 to 10 s"],
  [60_000, "10 s to 1 min"],
  [600_000, "1 to 10 min"],
  [3_600_000, "10 min to 1 h"],
  [Infinity, "1 h or more"],
];

export const bucketNames = buckets.map(([, name]) => name);

export function bucketOf(missedByMs: number): string {
  return buckets.find(([belowMs]) => missedByMs < belowMs)?.[1] ?? "";
}
