import { encode, rejectionReasons, type SocmedEvent } from "@tidemark/schema";
import { createClocks, type ProducerClock } from "./clocks.js";
import { ScenarioError } from "./errors.js";
import { createFaultPlan } from "./fault-plan.js";
import { createForesight } from "./foresight.js";
import { createGenerator } from "./generator.js";
import { createHeads, type Head } from "./head.js";
import type { Becomes, Label } from "./label.js";
import { spoil } from "./malformation.js";
import { createPlaces } from "./places.js";
import type { Scenario } from "./scenario.js";
import { createTimeline } from "./timeline.js";
import { createTraffic } from "./traffic.js";
import { drawUuid } from "./uuid.js";

/** One event of the fake stream, as it goes to Kafka, and what is known about it. */
export interface ScenarioRecord {
  readonly index: number;
  /** When it is sent, in epoch ms. Never falls as the index rises. */
  readonly arrivalMs: number;
  /** The Kafka record's timestamp, in epoch ms: its arrival by the producer's clock; -1 where the record has none. */
  readonly timestampMs: number;
  /** `<city>|<platform>`; a malformed event keeps that of the event it was. */
  readonly key: string;
  /** null: a tombstone. */
  readonly value: Uint8Array | null;
  /** What `value` encodes; null where it is malformed. */
  readonly event: SocmedEvent | null;
  readonly label: Label;
}

export interface Stream {
  /** Event `index`, an integer from 0 on. The same whatever was asked before. */
  at(index: number): ScenarioRecord;
  /** Its arrival time alone, in epoch ms: much cheaper. */
  arrivalMs(index: number): number;
  /** Its key alone: cheaper. */
  keyOf(index: number): string;
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

// The heads' draws and those of ids and counters: two sequences, since a copy needs the one without the other.
const BODY = 0x5bd1e995;

/**
 * A fake stream: event i depends on the scenario, seed, rate, start and i alone, on any machine.
 *
 * @throws ScenarioError for a seed, start, rate or index out of its range, and where outages leave nobody to report
 */
export function createStream({ scenario, seed, startMs, rate }: StreamOptions): Stream {
  if (!isCount(seed)) throw new ScenarioError(`seed must be an integer 0..${Number.MAX_SAFE_INTEGER}, got ${seed}`);
  const timeline = createTimeline(scenario, startMs, rate);
  const clocks = createClocks(scenario);
  const foresight = createForesight(scenario);
  const headOf = createHeads({
    scenario,
    timeline,
    clocks,
    foresight,
    places: createPlaces(scenario),
    planOf: createFaultPlan(scenario.faults, seed),
    generator: createGenerator(seed),
  });
  const bodies = createGenerator(seed, BODY);
  const drawCounters = createTraffic(scenario, bodies);
  const reasons = scenario.faults?.malformed?.reasons ?? rejectionReasons;

  function eventOf({ fresh, pair, ts, plan }: Head): SocmedEvent {
    bodies.place(fresh);
    const id = drawUuid(bodies);
    const { Usage_Count, Sales, Visitors, PageVisitors, Conversion } = drawCounters(
      pair,
      ts,
      timeline.secondsAt(ts * 1000),
    );
    // Written out: a spread takes three times as long.
    const event: SocmedEvent = {
      ID: id,
      Kota: pair.city,
      Sosial_Media: pair.platform,
      Usage_Count,
      Sales,
      Visitors,
      PageVisitors,
      Conversion,
      Ts: ts,
    };
    if (plan.kind === "zeroVisitors") return { ...event, Visitors: 0, PageVisitors: 0, Conversion: 0, Sales: 0 };
    if (plan.kind === "implausible") return makeImplausible(event, plan.occurrence);
    return event;
  }

  /** Whether an event of this Ts, arriving now, is neither late nor too old for its id to be known. */
  function isInTime(arrivalMs: number, ts: number): boolean {
    const delay = Math.floor(arrivalMs / 1000) - ts;
    return delay <= foresight.safeDelaySeconds && !clocks.disturb(timeline.secondsAt(arrivalMs));
  }

  function freshRecord(index: number): ScenarioRecord {
    const head = headOf(timeline.freshOf(index));
    const { plan, arrivalMs, pair, clock, original } = head;
    const timestampMs = timestampOf(clock, arrivalMs);
    const event = eventOf(original ?? head);
    const { key } = pair;
    if (plan.kind === "malformed") {
      const reason = reasons[plan.occurrence % reasons.length] as (typeof reasons)[number];
      const label: Label = { kind: "malformed", becomes: "rejected", reason };
      return { index, arrivalMs, timestampMs, key, value: spoil(event, reason), event: null, label };
    }
    return { index, arrivalMs, timestampMs, key, value: encode(event), event, label: labelOf(head) };
  }

  function labelOf({ plan, arrivalMs, ts, clock, original }: Head): Label {
    const inTime = isInTime(arrivalMs, ts);
    if (original !== null) {
      const of = timeline.indexOf(original.fresh);
      return { kind: plan.kind, becomes: inTime ? "duplicate" : null, of };
    }
    if (plan.kind === "lateJust" || plan.kind === "lateFar") return { kind: plan.kind, becomes: "late" };
    if (plan.kind === "future") return { kind: plan.kind, becomes: "quarantined" };
    if (clock.aheadSeconds !== 0) return { kind: "wrongClock", becomes: null };
    const kind = clock.timestamps === false ? "noTimestamp" : plan.kind;
    return { kind, becomes: inTime ? "counted" : null };
  }

  function replay(index: number, of: number): ScenarioRecord {
    const source = freshRecord(of);
    const arrivalMs = timeline.arrivalMs(index);
    const becomes = becomesAgain(source, arrivalMs);
    return { ...source, index, arrivalMs, timestampMs: arrivalMs, label: { kind: "replayed", becomes, of } };
  }

  function becomesAgain({ label, event }: ScenarioRecord, arrivalMs: number): Becomes | null {
    if (label.becomes === "rejected" || label.becomes === "late") return label.becomes;
    if (event === null) return null;
    if (event.Ts >= foresight.oldestFutureTs(arrivalMs)) return "quarantined";
    const wasCounted = label.becomes === "counted" || label.becomes === "duplicate";
    return wasCounted && isInTime(arrivalMs, event.Ts) ? "duplicate" : null;
  }

  function requireIndex(index: number): void {
    if (!isCount(index) || index > timeline.latestIndex)
      throw new ScenarioError(`index must be an integer 0..${timeline.latestIndex}, got ${index}`);
  }

  return {
    at(index) {
      requireIndex(index);
      const of = timeline.replayOf(index);
      return of === null ? freshRecord(index) : replay(index, of);
    },
    arrivalMs: (index) => timeline.arrivalMs(index),
    keyOf(index) {
      requireIndex(index);
      return headOf(timeline.freshOf(timeline.replayOf(index) ?? index)).pair.key;
    },
  };
}

function timestampOf(clock: ProducerClock, arrivalMs: number): number {
  return clock.timestamps === false ? -1 : Math.max(0, arrivalMs + clock.aheadSeconds * 1000);
}

/** Alternately more page visitors, and more conversions, than visitors. */
function makeImplausible(event: SocmedEvent, occurrence: number): SocmedEvent {
  // Half, so that one more fits into the counter too.
  const Visitors = Math.floor(event.Visitors / 2);
  const tooMany = Visitors + 1 + (event.Usage_Count % (Visitors + 1));
  return occurrence % 2 === 0
    ? { ...event, Visitors, PageVisitors: tooMany, Conversion: Math.min(event.Conversion, Visitors) }
    : { ...event, Visitors, PageVisitors: Math.min(event.PageVisitors, Visitors), Conversion: tooMany };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
