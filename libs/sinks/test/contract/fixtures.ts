import type { Checkpoint, CheckpointLedger, Claim, NewRows, Sink, SinkIdentity } from "../../src/index.js";
import { socmedRollups } from "../../src/tables/index.js";

export const identity: SinkIdentity = {
  topic: "socmed-events",
  group: "tidemark",
  clusterId: "cluster-1",
  definition: { watermarkDelayMs: 300_000, allowedLatenessMs: 0, maxFutureSkewMs: 60_000, rollups: socmedRollups },
};

/** 2024-02-03T17:00:00Z, the beginning of a window of each rollup. */
export const startSeconds = 1_706_979_600;
export const startMs = startSeconds * 1000;

export const noLedger: CheckpointLedger = {
  read: 0,
  counted: 0,
  duplicate: 0,
  late: 0,
  quarantined: 0,
  rejected: 0,
  skipped: 0,
  lost: 0,
};

/** The event at `offset`, `seconds` after the start. */
export function eventAt(offset: number, seconds: number) {
  return {
    ID: `00000000-0000-4000-8000-${String(offset).padStart(12, "0")}`,
    Kota: "Bogor",
    Sosial_Media: "X",
    Usage_Count: 10,
    Sales: 5,
    Visitors: 3,
    PageVisitors: 1,
    Conversion: 2,
    Ts: startSeconds + seconds,
    conversion_rate: (2 / 3) * 100,
    bounce_rate: (1 / 3) * 100,
    offset,
  };
}

/** A row of a rollup's window that holds `events` events. */
export function windowOf(events: number, windowStartMs = startMs, keys: readonly string[] = ["Bogor", "X"]) {
  return { windowStartMs, keys, values: [events, 10, 5, 3, 1, 2, 0.1 + 0.2, 1, 1 / 3, 1] };
}

export type Step = Checkpoint & NewRows;

/** What is added to a tally's row: by default records of the first minute that were counted. */
export function tallyOf(count: number, windowStartMs = startMs, keys: readonly string[] = ["counted", ""]) {
  return { windowStartMs, keys, count };
}

/** A checkpoint that counts the events at `offsets`, one each second, into one window and one minute of arrival. */
export function checkpointOf(offsets: readonly number[], nextOffset: number, changes: Partial<Step> = {}): Step {
  return {
    nextOffset,
    watermarkMs: startMs - 300_000,
    maxEventTimeMs: startMs,
    ledger: { ...noLedger, read: nextOffset, counted: nextOffset },
    rows: offsets.map((offset) => eventAt(offset, offset)),
    late: [],
    rejected: [],
    changed: [{ rollup: "socmed_5s", rows: [windowOf(nextOffset)] }],
    added: [{ tally: "socmed_verdicts_1m", rows: [tallyOf(offsets.length)] }],
    ...changes,
  };
}

export function commit(
  sink: Sink,
  claim: Pick<Claim, "partition" | "epoch">,
  expectedOffset: number,
  step: Step,
): Promise<void> {
  const rows = sink.openBuffer(claim.partition);
  rows.add(step);
  return sink.commit(claim, expectedOffset, step, rows);
}
