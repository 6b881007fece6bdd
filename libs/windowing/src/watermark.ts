/** The highest event time (ms) before any event has come. */
export const NO_EVENT_YET = -Infinity;

/** The highest event time after an event of `timeMs`: it never falls. */
export function advanceMaxEventTime(maxEventTimeMs: number, timeMs: number): number {
  return timeMs > maxEventTimeMs ? timeMs : maxEventTimeMs;
}

/**
 * A partition's watermark in ms: its highest event time − delay, -Infinity before any event. Monotone, because the
 * highest event time is. It says: windows that end at or before it, with allowed lateness, take no more events.
 */
export function watermarkOf(maxEventTimeMs: number, delayMs: number): number {
  return maxEventTimeMs - delayMs;
}
