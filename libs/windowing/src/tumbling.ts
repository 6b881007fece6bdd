/**
 * The number of the tumbling window that holds `timeMs`: window i is [i * sizeMs, (i + 1) * sizeMs).
 * A mathematical floor, so -1 lies in window -1, not 0. Exact for every safe integer: the quotient of two
 * integers below 2^53 cannot round up to the next integer.
 */
export function windowIndex(timeMs: number, sizeMs: number): number {
  // + 0 turns -0 into 0.
  return Math.floor(timeMs / sizeMs) + 0;
}

/** The start, in ms, of the tumbling window [start, start + sizeMs) that holds `timeMs`. */
export function windowStart(timeMs: number, sizeMs: number): number {
  return windowIndex(timeMs, sizeMs) * sizeMs;
}

/** The exclusive end, in ms, of the tumbling window that holds `timeMs`. */
export function windowEnd(timeMs: number, sizeMs: number): number {
  return (windowIndex(timeMs, sizeMs) + 1) * sizeMs;
}
