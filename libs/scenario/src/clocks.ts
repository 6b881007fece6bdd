import type { BaseScenario, ClockLimits } from "./base-scenario.js";
import type { Place, ScenarioModel } from "./model.js";

/** A producer's clock, by which it gives its records their timestamps and its events their Ts. */
export interface ProducerClock {
  readonly aheadSeconds: number;
  readonly timestamps?: boolean | undefined;
}

/** The right time, and timestamps. */
export const honestClock: ProducerClock = { aheadSeconds: 0 };

/** The producers' clocks of a scenario. Times are seconds since the start, by arrival. */
export interface Clocks<Where> {
  of(place: Where, atSeconds: number): ProducerClock;
  /** Whether a clock that is, or was, ahead may have moved watermarks beyond what honest events can follow. */
  disturb(atSeconds: number): boolean;
}

export function createClocks<Scenario extends BaseScenario, Where extends Place>(
  scenario: Scenario,
  { isAt }: Pick<ScenarioModel<Scenario, Where, unknown, string>, "isAt">,
): Clocks<Where> {
  const clocks: readonly ClockLimits<Scenario>[] = scenario.clocks ?? [];
  const fast = clocks.filter(({ aheadSeconds }) => aheadSeconds > 0);
  return {
    of: (place, atSeconds) => clocks.find((clock) => isWithin(clock, atSeconds) && isAt(clock, place)) ?? honestClock,
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

/** Whether something that is limited in time, [from, from + for), holds at a time in seconds since the start. */
export function isWithin(
  limits: { readonly fromSeconds: number; readonly forSeconds: number },
  atSeconds: number,
): boolean {
  return atSeconds >= limits.fromSeconds && atSeconds < limits.fromSeconds + limits.forSeconds;
}
