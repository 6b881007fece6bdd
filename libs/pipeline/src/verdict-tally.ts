import { rejectionReasons, type RejectionReason } from "@tidemark/schema";
import type { Checkpoint, TallyRow } from "@tidemark/sinks";
import { lateBuckets, timestampRange } from "@tidemark/sinks/tables";
import { socmedVerdictTallies } from "@tidemark/socmed/tables";
import type { SourceRecord } from "@tidemark/sources";
import type { StepResult } from "@tidemark/windowing";

const [minutely, ...coarser] = socmedVerdictTallies;
const { sizeMs: minuteMs } = minutely;
const noTimestampMs = -1;

/** Verdict and detail of what is not counted, for each place in a window's counts. */
const others: readonly (readonly [string, string])[] = [
  ["duplicate", ""],
  ["quarantined", "future"],
  ...lateBuckets.map(({ text }) => ["late", text] as const),
  ...rejectionReasons.map((reason) => ["rejected", reason] as const),
];
const [duplicate, quarantined, firstLate] = [0, 1, 2];
const firstRejected = firstLate + lateBuckets.length;

const placeOfLate = (missedByMs: number) => firstLate + lateBuckets.findIndex(({ belowMs }) => missedByMs < belowMs);
const placeOfRejected = (reason: RejectionReason) => firstRejected + rejectionReasons.indexOf(reason);

/** Records that arrived in one window. */
class WindowCounts {
  counted = 0;
  readonly others = new Uint32Array(others.length);

  /** One that was taken for counted goes to another place. */
  move(place: number): void {
    this.counted -= 1;
    this.others[place] = (this.others[place] ?? 0) + 1;
  }

  include({ counted, others: counts }: WindowCounts): void {
    this.counted += counted;
    for (const [place, count] of counts.entries()) this.others[place] = (this.others[place] ?? 0) + count;
  }
}

/** Start of the minute, epoch ms; -Infinity where the record has no timestamp, or one that no table can hold. */
function minuteOf(timestampMs: number): number {
  const startMs = Math.floor(timestampMs / minuteMs) * minuteMs;
  const isKnown =
    timestampMs !== noTimestampMs && startMs >= timestampRange.earliestMs && startMs <= timestampRange.latestMs;
  return isKnown ? startMs : -Infinity;
}

/**
 * Counts records by minute and hour of arrival, verdict and detail. What it gives depends on the records since the last `take` alone,
 * and adds up to the same wherever they are cut.
 */
export class VerdictTally {
  readonly #minutes = new Map<number, WindowCounts>();
  // Records of one minute mostly follow one another.
  #startMs = Number.NaN;
  #counts = new WindowCounts();

  /** `reasonAt` gives the reason of a rejected record by its index. */
  add(records: readonly SourceRecord[], outcome: StepResult, reasonAt: (index: number) => RejectionReason): void {
    // Nearly all are counted: the others are moved.
    for (const { timestampMs } of records) this.#turnTo(timestampMs).counted += 1;
    const move = (index: number, place: number) =>
      this.#turnTo(records[index]?.timestampMs ?? noTimestampMs).move(place);
    for (const index of outcome.duplicates) move(index, duplicate);
    for (const { index, missedByMs } of outcome.late) move(index, placeOfLate(missedByMs));
    for (const { index } of outcome.quarantined) move(index, quarantined);
    for (const { index } of outcome.rejected) move(index, placeOfRejected(reasonAt(index)));
  }

  /** The counts since the last time, by window in the order of their coming. */
  take(): NonNullable<Checkpoint["added"]> {
    const added = [
      { tally: minutely.name, rows: rowsOf(this.#minutes) },
      ...coarser.map(({ name, sizeMs }) => ({ tally: name, rows: rowsOf(gather(this.#minutes, sizeMs)) })),
    ];
    this.#minutes.clear();
    this.#startMs = Number.NaN;
    return added;
  }

  /** The counts of the minute that this record came in. */
  #turnTo(timestampMs: number): WindowCounts {
    const isSame =
      timestampMs >= this.#startMs && timestampMs < this.#startMs + minuteMs && timestampMs !== noTimestampMs;
    if (isSame) return this.#counts;
    this.#startMs = minuteOf(timestampMs);
    this.#counts = this.#minutes.get(this.#startMs) ?? new WindowCounts();
    this.#minutes.set(this.#startMs, this.#counts);
    return this.#counts;
  }
}

/** The counts of windows that hold whole minutes. */
function gather(minutes: ReadonlyMap<number, WindowCounts>, sizeMs: number): Map<number, WindowCounts> {
  const windows = new Map<number, WindowCounts>();
  for (const [minuteStartMs, counts] of minutes) {
    const startMs = Math.floor(minuteStartMs / sizeMs) * sizeMs;
    const window = windows.get(startMs) ?? new WindowCounts();
    window.include(counts);
    windows.set(startMs, window);
  }
  return windows;
}

function rowsOf(windows: ReadonlyMap<number, WindowCounts>): TallyRow[] {
  const rows: TallyRow[] = [];
  for (const [windowStartMs, { counted, others: counts }] of windows) {
    if (counted > 0) rows.push({ windowStartMs, keys: ["counted", ""], count: counted });
    for (const [place, keys] of others.entries()) {
      const count = counts[place] ?? 0;
      if (count > 0) rows.push({ windowStartMs, keys, count });
    }
  }
  return rows;
}
