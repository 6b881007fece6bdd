import type { BaseScenario } from "./base-scenario.js";
import { createCurve } from "./curve.js";
import { ScenarioError } from "./errors.js";

// The longest delay is a day, and Ts is never negative.
const EARLIEST_START_MS = 86_400_000;
/** The last second of the year 9999. */
export const LATEST_TS = 253_402_300_799;
const LATEST_MS = LATEST_TS * 1000;

/** When the events of a stream arrive, and which of them repeat earlier ones. */
export interface Timeline {
  /** In epoch ms. Never falls as the index rises. */
  arrivalMs(index: number): number;
  /** In seconds since the start. */
  secondsAt(arrivalMs: number): number;
  /** The last event that had arrived so many seconds before this one; event 0 where none had. */
  indexBefore(index: number, seconds: number): number;
  /** The index that an event of a replayed stretch repeats; null for a fresh one. */
  replayOf(index: number): number | null;
  /** How many fresh events come before a fresh one, and back. */
  freshOf(index: number): number;
  indexOf(fresh: number): number;
  readonly latestIndex: number;
}

/** Throws ScenarioError for a start or a rate out of its range. */
export function createTimeline(scenario: BaseScenario, startMs: number, rate: number | undefined): Timeline {
  if (rate !== undefined && !(rate > 0 && Number.isFinite(rate)))
    throw new ScenarioError(`rate must be a number of events per second above 0, got ${rate}`);
  if (!Number.isInteger(startMs) || startMs < EARLIEST_START_MS || startMs > LATEST_MS)
    throw new ScenarioError(
      `startMs must be whole epoch milliseconds from 1970-01-02 to the year 9999, got ${startMs}`,
    );
  const curve = createCurve(rate === undefined ? scenario.rate : { kind: "constant", perSecond: rate });
  const never = { everyEvents: Number.MAX_SAFE_INTEGER, events: 0 };
  const { everyEvents, events: replayed } = scenario.faults?.replays ?? never;
  const freshInRound = everyEvents - replayed;
  const roundOf = (index: number): number => Math.floor(index / everyEvents);
  return {
    arrivalMs: (index) => startMs + curve.offsetMs(index),
    secondsAt: (arrivalMs) => (arrivalMs - startMs) / 1000,
    indexBefore: (index, seconds) => Math.max(0, curve.countBefore(curve.offsetMs(index) - seconds * 1000) - 1),
    replayOf: (index) => (index - roundOf(index) * everyEvents < freshInRound ? null : index - replayed),
    freshOf: (index) => index - roundOf(index) * replayed,
    indexOf: (fresh) => fresh + Math.floor(fresh / freshInRound) * replayed,
    latestIndex: Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, curve.countBefore(LATEST_MS - startMs) - 1)),
  };
}
