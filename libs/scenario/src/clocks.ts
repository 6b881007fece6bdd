import { isAt, isWithin, type Pair } from "./places.js";
import type { Scenario } from "./scenario.js";

/** A producer's clock, by which it gives its records their timestamps and its events their Ts. */
export interface ProducerClock {
  readonly aheadSeconds: number;
  readonly timestamps?: boolean | undefined;
}

/** The right time, and timestamps. */
export const honestClock: ProducerClock = { aheadSeconds: 0 };

/** The producers' clocks of a scenario. Times are seconds since the start, by arrival. */
export interface Clocks {
  of(pair: Pair, atSeconds: number): ProducerClock;
  /** Whether a clock that is, or was, ahead may have moved watermarks beyond what honest events can follow. */
  disturb(atSeconds: number): boolean;
}

export function createClocks({ clocks = [] }: Pick<Scenario, "clocks">): Clocks {
  const fast = clocks.filter(({ aheadSeconds }) => aheadSeconds > 0);
  return {
    of: (pair, atSeconds) => clocks.find((clock) => isWithin(clock, atSeconds) && isAt(clock, pair)) ?? honestClock,
    disturb: (atSeconds) =>
      fast.some(
        ({ fromSeconds, forSeconds, aheadSeconds }) =>
          atSeconds >= fromSeconds && atSeconds <= fromSeconds + forSeconds + aheadSeconds,
      ),
  };
}

/** Whether it shows the right time, with timestamps or without. */
export function isRight({ aheadSeconds }: ProducerClock): boolean {
  return aheadSeconds === 0;
}
