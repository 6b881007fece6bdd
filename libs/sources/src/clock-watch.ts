import { clockStepped } from "./errors.js";

export interface ClockWatch {
  close(): void;
}

export interface ClockOptions {
  readonly sessionTimeoutMs: number;
  readonly heartbeatMs: number;
}

/** How far the wall clock is ahead of the time that passes; what the number is means nothing, only its change. */
const readAheadMs = (): number => Date.now() - performance.now();

/**
 * Calls `onStep` once when the wall clock has moved by a quarter of the session's timeout more, or less, than the time that has
 * passed. kafkajs times its heartbeats by the wall clock: set back by an hour it sends none for an hour, so that the group goes
 * on without this member, which does not notice. Set ahead it does no harm until it is set right again.
 */
export function watchClock(
  { sessionTimeoutMs, heartbeatMs }: ClockOptions,
  onStep: (error: Error) => void,
): ClockWatch {
  const toleranceMs = sessionTimeoutMs / 4;
  const startMs = readAheadMs();
  const timer = setInterval(() => {
    const byMs = readAheadMs() - startMs;
    if (Math.abs(byMs) <= toleranceMs) return;
    clearInterval(timer);
    onStep(clockStepped(byMs));
  }, heartbeatMs);
  return { close: () => clearInterval(timer) };
}
