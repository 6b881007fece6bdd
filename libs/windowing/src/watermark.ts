/** The highest event time (ms) before any event has come. */
export const NO_EVENT_YET = -Infinity;

/**
 * A source's watermark in ms: its highest event time − delay, -Infinity before any event. Monotone, because the
 * highest event time is. It says: windows that end at or before it, with allowed lateness, take no more events.
 */
export function watermarkOf(maxEventTimeMs: number, delayMs: number): number {
  return maxEventTimeMs - delayMs;
}

/** What a source's watermark is made of. */
export interface ClockState {
  readonly maxEventTimeMs: number;
  /** The highest watermark that came from outside; -Infinity before any. */
  readonly givenMs: number;
}

/**
 * What judges events: it stands at `watermarkMs`, and moves on as they are seen. Whoever needs the watermark for each event
 * holds the clock and reads it there: a double that is handed from call to call may cost an object each time.
 */
export interface Clock {
  readonly watermarkMs: number;
  readonly maxEventTimeMs: number;
  /** After an event was judged. */
  observe(timeMs: number): void;
}

const WATERMARK = 0;
const MAX_EVENT_TIME = 1;
const GIVEN = 2;

/** One source's watermark: highest event time − delay, or one from outside where that is higher. Never falls. */
export class SourceClock implements Clock {
  /** In an array of doubles, so that an event that moves them costs no object. */
  readonly #times: Float64Array;
  readonly #delayMs: number;

  /** With a delay of `given` events never move it. */
  constructor(delayMs: number | "given", { maxEventTimeMs, givenMs }: ClockState) {
    this.#delayMs = delayMs === "given" ? Infinity : delayMs;
    this.#times = Float64Array.of(
      Math.max(watermarkOf(maxEventTimeMs, this.#delayMs), givenMs),
      maxEventTimeMs,
      givenMs,
    );
  }

  get watermarkMs(): number {
    return this.#times[WATERMARK] as number;
  }

  get maxEventTimeMs(): number {
    return this.#times[MAX_EVENT_TIME] as number;
  }

  /** The highest watermark that came from outside. */
  get givenMs(): number {
    return this.#times[GIVEN] as number;
  }

  observe(timeMs: number): void {
    const times = this.#times;
    if (timeMs <= (times[MAX_EVENT_TIME] as number)) return;
    times[MAX_EVENT_TIME] = timeMs;
    const watermarkMs = watermarkOf(timeMs, this.#delayMs);
    if (watermarkMs > (times[WATERMARK] as number)) times[WATERMARK] = watermarkMs;
  }

  /** Takes a watermark from outside; a lower one than it has changes nothing. */
  advance(watermarkMs: number): void {
    const times = this.#times;
    if (watermarkMs > (times[GIVEN] as number)) times[GIVEN] = watermarkMs;
    if (watermarkMs > (times[WATERMARK] as number)) times[WATERMARK] = watermarkMs;
  }
}
