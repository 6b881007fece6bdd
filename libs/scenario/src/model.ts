import type { z } from "zod";
import type { BaseScenario, ClockLimits } from "./base-scenario.js";
import type { Generator } from "./generator.js";

/** Where an event is from: what reports at one time from one source. */
export interface Place {
  /** The Kafka key of its events. */
  readonly key: string;
}

/** Which place reports at a time. */
export interface Places<Where extends Place> {
  /** The place for a uniform 0 <= draw < 1, at a time in seconds since the start (it may be negative). */
  draw(draw: number, atSeconds: number): Where;
}

/**
 * What the engine must know of the events of a stream. The engine decides when an event arrives, which fault it is and
 * what time it has; the model says where it is from and what it holds. `Own` are the names of the model's own faults.
 */
export interface ScenarioModel<Scenario extends BaseScenario, Where extends Place, Event, Own extends string> {
  /** Checks a scenario that comes from JSON. */
  readonly schema: z.ZodType<Scenario>;
  readonly presets: Readonly<Record<string, Scenario>>;
  /** @throws ScenarioError where no place is left to report */
  createPlaces(scenario: Scenario): Places<Where>;
  /** Whether something that is limited to some places, such as a wrong clock, holds for this one. */
  isAt(limits: ClockLimits<Scenario>, place: Where): boolean;
  /**
   * Gives the function that draws an event of a place and a time: epoch seconds, and seconds since the start. The
   * generator is placed before each call, and nobody else draws from it meanwhile.
   */
  createEvents(scenario: Scenario, generator: Generator): (place: Where, ts: number, atSeconds: number) => Event;
  encode(event: Event): Uint8Array;
  /** The model's own faults: events that are valid and strange. `occurrence` counts those of a kind from 0 on. */
  readonly oddities: Readonly<Record<Own, (event: Event, occurrence: number) => Event>>;
  /** By the reason of the rejection: how to spoil an event so that it is rejected for just this reason. */
  readonly malformations: Readonly<Record<string, (event: Event) => Uint8Array | null>>;
}
