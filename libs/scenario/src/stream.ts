import type { BaseScenario } from "./base-scenario.js";
import { createClocks, type ProducerClock } from "./clocks.js";
import { ScenarioError } from "./errors.js";
import { createFaultPlan } from "./fault-plan.js";
import { faultKindsOf } from "./faults.js";
import { createForesight } from "./foresight.js";
import { createGenerator } from "./generator.js";
import { createHeads, type Head } from "./head.js";
import type { Becomes, Label } from "./label.js";
import type { Place, ScenarioModel } from "./model.js";
import { createTimeline } from "./timeline.js";

/** One event of the fake stream, as it goes to Kafka, and what is known about it. */
export interface ScenarioRecord<Event, Own extends string = string> {
  readonly index: number;
  /** When it is sent, in epoch ms. Never falls as the index rises. */
  readonly arrivalMs: number;
  /** The Kafka record's timestamp, in epoch ms: its arrival by the producer's clock; -1 where the record has none. */
  readonly timestampMs: number;
  /** That of its place; a malformed event keeps that of the event it was. */
  readonly key: string;
  /** null: a tombstone. */
  readonly value: Uint8Array | null;
  /** What `value` encodes; null where it is malformed. */
  readonly event: Event | null;
  readonly label: Label<Own>;
}

export interface Stream<Event, Own extends string = string> {
  /** Event `index`, an integer from 0 on. The same whatever was asked before. */
  at(index: number): ScenarioRecord<Event, Own>;
  /** Its arrival time alone, in epoch ms: much cheaper. */
  arrivalMs(index: number): number;
  /** Its key alone: cheaper. */
  keyOf(index: number): string;
}

export interface StreamOptions<Scenario extends BaseScenario> {
  readonly scenario: Scenario;
  /** An integer 0..2^53-1. */
  readonly seed: number;
  /** Arrival time of event 0, in epoch ms: from 1970-01-02 on. */
  readonly startMs: number;
  /** Events per second of event time, in place of the scenario's own rate. */
  readonly rate?: number;
}

// The heads' draws and those of what events hold: two sequences, since a copy needs the one without the other.
const BODY = 0x5bd1e995;

/**
 * A fake stream of a model's events: event i depends on the scenario, seed, rate, start and i alone, on any machine.
 *
 * @throws ScenarioError for a seed, start, rate or index out of its range, and as the model's `createPlaces` does
 */
export function createStream<Scenario extends BaseScenario, Where extends Place, Event, Own extends string>(
  model: ScenarioModel<Scenario, Where, Event, Own>,
  { scenario, seed, startMs, rate }: StreamOptions<Scenario>,
): Stream<Event, Own> {
  if (!isCount(seed)) throw new ScenarioError(`seed must be an integer 0..${Number.MAX_SAFE_INTEGER}, got ${seed}`);
  const timeline = createTimeline(scenario, startMs, rate);
  const clocks = createClocks(scenario, model);
  const foresight = createForesight(scenario);
  const headOf = createHeads({
    scenario,
    timeline,
    clocks,
    foresight,
    places: model.createPlaces(scenario),
    planOf: createFaultPlan(scenario.faults, faultKindsOf(Object.keys(model.oddities)), seed),
    generator: createGenerator(seed),
  });
  const bodies = createGenerator(seed, BODY);
  const drawEvent = model.createEvents(scenario, bodies);
  const oddities: Readonly<Record<string, ((event: Event, occurrence: number) => Event) | undefined>> = model.oddities;
  const reasons = scenario.faults?.malformed?.reasons ?? Object.keys(model.malformations);

  function eventOf({ fresh, place, ts, plan }: Head<Where>): Event {
    bodies.place(fresh);
    const event = drawEvent(place, ts, timeline.secondsAt(ts * 1000));
    return oddities[plan.kind]?.(event, plan.occurrence) ?? event;
  }

  function spoil(event: Event, reason: string): Uint8Array | null {
    const malformation = model.malformations[reason];
    if (malformation === undefined) throw new ScenarioError(`The model has no event that is rejected for ${reason}`);
    return malformation(event);
  }

  /** Whether an event of this Ts, arriving now, is neither late nor too old for its id to be known. */
  function isInTime(arrivalMs: number, ts: number): boolean {
    const delay = Math.floor(arrivalMs / 1000) - ts;
    return delay <= foresight.safeDelaySeconds && !clocks.disturb(timeline.secondsAt(arrivalMs));
  }

  /** The record, and its event's time, also where it is malformed. */
  function freshRecord(index: number): { readonly record: ScenarioRecord<Event, Own>; readonly ts: number } {
    const head = headOf(timeline.freshOf(index));
    const { plan, arrivalMs, clock, original, ts } = head;
    const event = eventOf(original ?? head);
    const sent = { index, arrivalMs, timestampMs: timestampOf(clock, arrivalMs), key: head.place.key };
    if (plan.kind === "malformed") {
      const reason = reasons[plan.occurrence % reasons.length] as string;
      const label: Label<Own> = { kind: "malformed", becomes: "rejected", reason };
      return { record: { ...sent, value: spoil(event, reason), event: null, label }, ts };
    }
    return { record: { ...sent, value: model.encode(event), event, label: labelOf(head) }, ts };
  }

  function labelOf({ plan, arrivalMs, ts, clock, original }: Head<Where>): Label<Own> {
    const planned = plan.kind as Label<Own>["kind"];
    const inTime = isInTime(arrivalMs, ts);
    if (original !== null) {
      const of = timeline.indexOf(original.fresh);
      return { kind: planned, becomes: inTime ? "duplicate" : null, of };
    }
    if (plan.kind === "lateJust" || plan.kind === "lateFar") return { kind: plan.kind, becomes: "late" };
    if (plan.kind === "future") return { kind: plan.kind, becomes: "quarantined" };
    if (clock.aheadSeconds !== 0) return { kind: "wrongClock", becomes: null };
    const kind = clock.timestamps === false ? "noTimestamp" : planned;
    return { kind, becomes: inTime ? "counted" : null };
  }

  function replay(index: number, of: number): ScenarioRecord<Event, Own> {
    const { record, ts } = freshRecord(of);
    const arrivalMs = timeline.arrivalMs(index);
    const becomes = becomesAgain(record, ts, arrivalMs);
    return { ...record, index, arrivalMs, timestampMs: arrivalMs, label: { kind: "replayed", becomes, of } };
  }

  function becomesAgain({ label, event }: ScenarioRecord<Event>, ts: number, arrivalMs: number): Becomes | null {
    if (label.becomes === "rejected" || label.becomes === "late") return label.becomes;
    if (event === null) return null;
    if (ts >= foresight.oldestFutureTs(arrivalMs)) return "quarantined";
    const wasCounted = label.becomes === "counted" || label.becomes === "duplicate";
    return wasCounted && isInTime(arrivalMs, ts) ? "duplicate" : null;
  }

  function requireIndex(index: number): void {
    if (!isCount(index) || index > timeline.latestIndex)
      throw new ScenarioError(`index must be an integer 0..${timeline.latestIndex}, got ${index}`);
  }

  return {
    at(index) {
      requireIndex(index);
      const of = timeline.replayOf(index);
      return of === null ? freshRecord(index).record : replay(index, of);
    },
    arrivalMs: (index) => timeline.arrivalMs(index),
    keyOf(index) {
      requireIndex(index);
      return headOf(timeline.freshOf(timeline.replayOf(index) ?? index)).place.key;
    },
  };
}

function timestampOf(clock: ProducerClock, arrivalMs: number): number {
  return clock.timestamps === false ? -1 : Math.max(0, arrivalMs + clock.aheadSeconds * 1000);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
