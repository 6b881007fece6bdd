import { encode, MAX_TS, type SocmedEvent } from "@tidemark/schema";
import { arrivalOffsetMs } from "./curve.js";
import { createDraws } from "./draw.js";
import { ScenarioError } from "./errors.js";
import type { Label } from "./fault.js";
import { spoil } from "./malformation.js";
import type { Scenario } from "./scenario.js";

/** One event of the fake stream, as it goes to Kafka, and what is known about it. */
export interface ScenarioRecord {
  readonly index: number;
  /** The Kafka record's timestamp, in epoch ms. Never falls as the index rises; no event's Ts lies after it. */
  readonly arrivalMs: number;
  /** `<city>|<platform>`; a malformed event keeps that of the event it was. */
  readonly key: string;
  readonly value: Uint8Array;
  /** What `value` encodes; null where it is malformed. */
  readonly event: SocmedEvent | null;
  readonly label: Label;
}

export interface Stream {
  /** Event `index`, an integer from 0 on. The same whatever was asked before. */
  at(index: number): ScenarioRecord;
  /** Its arrival time alone, in epoch ms: much cheaper. */
  arrivalMs(index: number): number;
}

export interface StreamOptions {
  readonly scenario: Scenario;
  /** An integer 0..2^53-1. */
  readonly seed: number;
  /** Arrival time of event 0, in epoch ms: from 1970-01-02 on. */
  readonly startMs: number;
  /** Events per second of event time, in place of the scenario's own rate. */
  readonly rate?: number;
}

// The longest delay is a day, and Ts is never negative.
const EARLIEST_START_MS = 86_400_000;
const LATEST_MS = MAX_TS * 1000;

/**
 * A fake stream: event i depends on the scenario, seed, rate, start and i alone, on any machine.
 *
 * Ts = floor(arrival time in s) - delay. So as long as the delay is at most the watermark's, no ordinary event is late:
 * no earlier event has a Ts above floor(arrival time), hence the watermark is at most Ts, and a window that holds Ts ends after it.
 *
 * @throws ScenarioError for a seed, start, rate or index out of its range
 */
export function createStream({ scenario, seed, startMs, rate = scenario.ratePerSecond }: StreamOptions): Stream {
  requireThat(isCount(seed), `seed must be an integer 0..${Number.MAX_SAFE_INTEGER}, got ${seed}`);
  requireThat(rate > 0 && Number.isFinite(rate), `rate must be a number of events per second above 0, got ${rate}`);
  requireThat(
    Number.isInteger(startMs) && startMs >= EARLIEST_START_MS && startMs <= LATEST_MS,
    `startMs must be whole epoch milliseconds from 1970-01-02 to the year 9999, got ${startMs}`,
  );
  const draws = createDraws(scenario, seed);
  const latestIndex = Math.min(Number.MAX_SAFE_INTEGER, Math.floor(((LATEST_MS - startMs) / 1000) * rate));
  const longestDelay = scenario.delaySeconds[1];
  const arrivalMs = (index: number): number => startMs + arrivalOffsetMs(rate, index);
  const arrivalSeconds = (index: number): number => Math.floor(arrivalMs(index) / 1000);

  function recordOf(index: number, label: Label, event: SocmedEvent, value = encode(event)): ScenarioRecord {
    const key = `${event.Kota}|${event.Sosial_Media}`;
    return { index, arrivalMs: arrivalMs(index), key, value, event: label === "malformed" ? null : event, label };
  }

  /** The event that a duplicate repeats: ordinary, and young enough that its copy is not late. */
  function findOriginal(index: number): SocmedEvent | null {
    const { withinEvents } = scenario.faults.duplicate;
    const first = draws.distance();
    for (let step = 0; step < withinEvents; step++) {
      const candidate = index - (((first - 1 + step) % withinEvents) + 1);
      if (candidate < 0 || draws.begin(candidate) !== "ordinary") continue;
      const ts = arrivalSeconds(candidate) - draws.delaySeconds("ordinary");
      if (arrivalSeconds(index) - ts <= longestDelay) return draws.event(ts);
    }
    return null;
  }

  function drawDuplicate(index: number): ScenarioRecord {
    const original = findOriginal(index);
    if (original !== null) return recordOf(index, "duplicate", original);
    draws.begin(index);
    return recordOf(index, "ordinary", draws.event(arrivalSeconds(index) - draws.delaySeconds("ordinary")));
  }

  function at(index: number): ScenarioRecord {
    if (!isCount(index) || index > latestIndex)
      throw new ScenarioError(`index must be an integer 0..${latestIndex}, got ${index}`);
    const label = draws.begin(index);
    if (label === "duplicate") return drawDuplicate(index);
    const event = draws.event(arrivalSeconds(index) - draws.delaySeconds(label));
    if (label === "malformed") return recordOf(index, label, event, spoil(event, draws.malformation()));
    if (label === "zero-visitors")
      return recordOf(index, label, { ...event, Visitors: 0, PageVisitors: 0, Conversion: 0 });
    return recordOf(index, label, event);
  }

  return { at, arrivalMs };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function requireThat(holds: boolean, message: string): void {
  if (!holds) throw new ScenarioError(message);
}
