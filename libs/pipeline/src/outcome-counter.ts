import type { Checkpoint, TallyRow } from "@tidemark/sinks";
import { lateBuckets, timestampRange, type PipelineData } from "@tidemark/sinks/tables";

/** The outcome of a record that was not counted, and its detail as the counter tables hold it. */
export interface Outcome {
  readonly verdict: "duplicate" | "late" | "quarantined" | "rejected" | "refused";
  readonly detail: string;
}

export const DUPLICATE: Outcome = { verdict: "duplicate", detail: "" };
export const QUARANTINED: Outcome = { verdict: "quarantined", detail: "future" };
export const REFUSED: Outcome = { verdict: "refused", detail: "" };

const LATE: readonly { readonly belowMs: number; readonly outcome: Outcome }[] = lateBuckets.map(
  ({ belowMs, text }) => ({
    belowMs,
    outcome: { verdict: "late", detail: text },
  }),
);

/** By how much an event missed its window, as one of the buckets that people read. */
export function lateBy(missedByMs: number): Outcome {
  return (LATE.find(({ belowMs }) => missedByMs < belowMs) ?? (LATE.at(-1) as (typeof LATE)[number])).outcome;
}

const NO_TIMESTAMP_MS = -1;

/** Records that arrived in one window of time. */
class WindowCounts {
  counted = 0;
  readonly others = new Map<string, { readonly outcome: Outcome; count: number }>();

  add({ verdict, detail }: Outcome, count: number): void {
    const key = `${verdict} ${detail}`;
    const known = this.others.get(key);
    if (known === undefined) this.others.set(key, { outcome: { verdict, detail }, count });
    else known.count += count;
  }

  include(counts: WindowCounts): void {
    this.counted += counts.counted;
    for (const { outcome, count } of counts.others.values()) this.add(outcome, count);
  }
}

/**
 * Counts records by window of arrival, outcome and detail. What it gives depends on the records since the last `drain`
 * alone, and adds up to the same wherever they are cut.
 */
export class OutcomeCounter {
  readonly #finest: { readonly name: string; readonly sizeMs: number };
  readonly #coarser: readonly { readonly name: string; readonly sizeMs: number }[];
  readonly #windows = new Map<number, WindowCounts>();
  // Records of one window mostly follow one another.
  #startMs = Number.NaN;
  #counts = new WindowCounts();

  constructor({ tables }: Pick<PipelineData, "tables">) {
    const [finest, ...coarser] = tables.verdicts;
    if (finest === undefined) throw new Error("A pipeline has counter tables of outcomes.");
    this.#finest = finest;
    this.#coarser = coarser;
  }

  /** `timestampsMs` are those of the records; `others` holds the outcomes of records that were not counted, by their position. */
  add(timestampsMs: Float64Array, others: ReadonlyMap<number, Outcome>): void {
    // Nearly all are counted: the others are moved.
    for (let at = 0; at < timestampsMs.length; at += 1) this.#turnTo(timestampsMs[at] as number).counted += 1;
    for (const [index, outcome] of others) {
      const counts = this.#turnTo(timestampsMs[index] ?? NO_TIMESTAMP_MS);
      counts.counted -= 1;
      counts.add(outcome, 1);
    }
  }

  /** The counts since the last time, by window in the order in which they first came. */
  drain(): NonNullable<Checkpoint["added"]> {
    const added = [
      { tally: this.#finest.name, rows: rowsOf(this.#windows) },
      ...this.#coarser.map(({ name, sizeMs }) => ({ tally: name, rows: rowsOf(gather(this.#windows, sizeMs)) })),
    ];
    this.#windows.clear();
    this.#startMs = Number.NaN;
    return added;
  }

  /** The counts of the window that a record arrived in. */
  #turnTo(timestampMs: number): WindowCounts {
    const isSame =
      timestampMs >= this.#startMs &&
      timestampMs < this.#startMs + this.#finest.sizeMs &&
      timestampMs !== NO_TIMESTAMP_MS;
    if (isSame) return this.#counts;
    this.#startMs = startOf(timestampMs, this.#finest.sizeMs);
    this.#counts = this.#windows.get(this.#startMs) ?? new WindowCounts();
    this.#windows.set(this.#startMs, this.#counts);
    return this.#counts;
  }
}

/** Start of the window, epoch ms; -Infinity where the record has no timestamp, or one that no table can hold. */
function startOf(timestampMs: number, sizeMs: number): number {
  const startMs = Math.floor(timestampMs / sizeMs) * sizeMs;
  const isKnown =
    timestampMs !== NO_TIMESTAMP_MS && startMs >= timestampRange.earliestMs && startMs <= timestampRange.latestMs;
  return isKnown ? startMs : -Infinity;
}

/** The counts of windows that hold whole finer ones. */
function gather(finer: ReadonlyMap<number, WindowCounts>, sizeMs: number): Map<number, WindowCounts> {
  const windows = new Map<number, WindowCounts>();
  for (const [finerStartMs, counts] of finer) {
    const startMs = Math.floor(finerStartMs / sizeMs) * sizeMs;
    const window = windows.get(startMs) ?? new WindowCounts();
    window.include(counts);
    windows.set(startMs, window);
  }
  return windows;
}

function rowsOf(windows: ReadonlyMap<number, WindowCounts>): TallyRow[] {
  const rows: TallyRow[] = [];
  for (const [windowStartMs, { counted, others }] of windows) {
    if (counted > 0) rows.push({ windowStartMs, keys: ["counted", ""], count: counted });
    for (const { outcome, count } of others.values()) {
      rows.push({ windowStartMs, keys: [outcome.verdict, outcome.detail], count });
    }
  }
  return rows;
}
