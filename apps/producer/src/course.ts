import type { Scenario } from "@tidemark/socmed/scenario";
import type { ProducerOptions } from "./options.js";

/** The deck's day: where runs that are to be repeated begin. */
export const REPEATABLE_START_MS = Date.UTC(2024, 1, 3, 17);

/** What is sent when: the options, and what the scenario says where they say nothing. */
export interface Course {
  /** In place of the scenario's; null: none was asked for. */
  readonly rate: number | null;
  /** Whether to wait until each event is due. */
  readonly paced: boolean;
  /** How many seconds of event time pass in a second of the clock, where it waits. */
  readonly speed: number;
  /** Arrival time of event 0 in epoch ms; null: such that the first event arrives now. */
  readonly startMs: number | null;
  readonly first: number;
  /** The index after the last; Infinity: until stopped. */
  readonly end: number;
}

/** The run's course, or what is wrong with it in one sentence. */
export function courseOf(options: ProducerOptions, { name, events, pace }: Scenario): Course | string {
  const first = options.startIndex;
  const end = options.events === null ? (events ?? Number.POSITIVE_INFINITY) : first + options.events;
  if (end <= first) return `--start-index=${first} lies behind the ${end} events that the scenario ${name} has.`;
  const isEndless = end === Number.POSITIVE_INFINITY;
  const paced = options.rate === null ? pace !== "max" : options.rate !== "max";
  if (!paced && isEndless) return "--rate=max needs --events, since it would run away from the clock otherwise.";
  if (!paced && options.speed !== 1)
    return "--speed has no meaning where nothing is waited for: leave it or --rate=max out.";
  return {
    speed: options.speed,
    rate: options.rate === "max" ? null : options.rate,
    paced,
    startMs: options.startMs ?? (isEndless ? null : REPEATABLE_START_MS),
    first,
    end,
  };
}
