/**
 * Whether a window still takes events, and an id counted in it is still remembered: end + allowed lateness > watermark.
 * The one predicate for late events, duplicates, eviction and restore. All in ms; the watermark may be -Infinity.
 */
export function isOpen(windowEndMs: number, allowedLatenessMs: number, watermarkMs: number): boolean {
  return windowEndMs + allowedLatenessMs > watermarkMs;
}

/** By how many ms an event missed a window that is no longer open: >= 0, and 0 where it closed at this very watermark. */
export function missedBy(windowEndMs: number, allowedLatenessMs: number, watermarkMs: number): number {
  return watermarkMs - (windowEndMs + allowedLatenessMs);
}

/** By how many ms an event is ahead of its arrival + allowed skew: > 0 is quarantined. An arrival of -1 (none) has no guard. */
export function aheadBy(timeMs: number, arrivalMs: number, maxFutureSkewMs: number): number {
  return arrivalMs === -1 ? 0 : timeMs - (arrivalMs + maxFutureSkewMs);
}
