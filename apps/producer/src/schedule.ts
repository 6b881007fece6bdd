// Sending more often than this only makes smaller requests of a fast stream.
const SHORTEST_GAP_MS = 5;
const LONGEST_SLEEP_MS = 1_000;

/** Which events are sent when: event i is due (arrivalMs(i) - arrivalMs(first)) ms of the clock after the run began. */
export interface Schedule {
  /** When an event arrives, in ms from any moment on; never falls as the index rises. */
  readonly arrivalMs: (index: number) => number;
  readonly first: number;
  /** The index after the last; may be Infinity. */
  readonly end: number;
}

/**
 * The index after the last event that is due at `elapsedMs`, at most `limit` after `from`. An event is due once more than
 * its time has elapsed, so that a run of T ms sends exactly the events whose time is in [0, T). It depends on nothing but
 * the elapsed time: a late look sends more at once, so the schedule does not drift.
 */
export function dueUntil(schedule: Schedule, from: number, elapsedMs: number, limit: number): number {
  const reachedMs = schedule.arrivalMs(schedule.first) + elapsedMs;
  const bound = Math.min(schedule.end, from + limit);
  let next = from;
  while (next < bound && schedule.arrivalMs(next) < reachedMs) next++;
  return next;
}

/** How many ms from `elapsedMs` on until event `index` is due; 0 if it is. */
export function msUntilDue(schedule: Schedule, index: number, elapsedMs: number): number {
  return Math.max(0, schedule.arrivalMs(index) - schedule.arrivalMs(schedule.first) - elapsedMs);
}

/**
 * How many whole ms to sleep, with the next event due in `untilDueMs` and the last ones sent `sinceSentMs` ago. Rounded up: timers
 * drop fractions, and a look that comes too early costs a second one.
 */
export function msToSleep(untilDueMs: number, sinceSentMs: number): number {
  return Math.min(Math.ceil(Math.max(untilDueMs, SHORTEST_GAP_MS - sinceSentMs)), LONGEST_SLEEP_MS);
}
