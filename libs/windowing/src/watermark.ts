/** The highest event time (ms) before any event has come. */
export const NO_EVENT_YET = -Infinity;

/** The highest event time after an event of `timeMs`: it never falls. */
export function advanceMaxEventTime(maxEventTimeMs: number, timeMs: number): number {
  return timeMs > maxEventTimeMs ? timeMs : maxEventTimeMs;
}

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

/** One source's watermark: highest event time − delay, or one from outside where that is higher. Never falls. */
export class SourceClock implements Clock {
  watermarkMs: number;
  maxEventTimeMs: number;
  givenMs: number;
  readonly #delayMs: number;

  /** With a delay of `given` events never move it. */
  constructor(delayMs: number | "given", { maxEventTimeMs, givenMs }: ClockState) {
    this.#delayMs = delayMs === "given" ? Infinity : delayMs;
    this.maxEventTimeMs = maxEventTimeMs;
    this.givenMs = givenMs;
    this.watermarkMs = this.#current();
  }

  observe(timeMs: number): void {
    if (timeMs <= this.maxEventTimeMs) return;
    this.maxEventTimeMs = timeMs;
    const watermarkMs = timeMs - this.#delayMs;
    if (watermarkMs > this.watermarkMs) this.watermarkMs = watermarkMs;
  }

  /** Takes a watermark from outside; a lower one than it has changes nothing. */
  advance(watermarkMs: number): void {
    if (watermarkMs > this.givenMs) this.givenMs = watermarkMs;
    this.watermarkMs = this.#current();
  }

  #current(): number {
    return Math.max(watermarkOf(this.maxEventTimeMs, this.#delayMs), this.givenMs);
  }
}
