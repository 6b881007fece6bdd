import type { BaseScenario } from "./base-scenario.js";
import { type Clocks, honestClock, isRight, type ProducerClock } from "./clocks.js";
import type { Plan } from "./fault-plan.js";
import type { Foresight } from "./foresight.js";
import type { Generator } from "./generator.js";
import type { Place, Places } from "./model.js";
import type { Range } from "./ranges.js";
import { LATEST_TS, type Timeline } from "./timeline.js";

/** What an event is, where it is from and when it was: all but what it holds. */
export interface Head<Where> {
  /** Its number among the events that are no replays: what its draws depend on. */
  readonly fresh: number;
  readonly arrivalMs: number;
  readonly plan: Plan;
  readonly place: Where;
  readonly ts: number;
  /** Its producer's. Faults come from honest ones, so that each is what it is for one reason. */
  readonly clock: ProducerClock;
  /** Of a copy: what it repeats. */
  readonly original: Head<Where> | null;
}

export interface HeadsOptions<Where extends Place> {
  readonly scenario: BaseScenario;
  readonly timeline: Timeline;
  readonly places: Places<Where>;
  readonly clocks: Clocks<Where>;
  readonly foresight: Foresight;
  readonly planOf: (fresh: number) => Plan;
  /** Its own: nobody else may draw from it. */
  readonly generator: Generator;
}

// Where nearly everybody's clock is wrong, an event that needs one with a right clock before it is an ordinary one.
const LONGEST_SEARCH = 500;
const MINUTE_SECONDS = 60;
const ordinary: Plan = { kind: "ordinary", occurrence: 0 };

/** Gives the head of a fresh event. */
export function createHeads<Where extends Place>(options: HeadsOptions<Where>): (fresh: number) => Head<Where> {
  const { scenario, timeline, places, clocks, foresight, planOf, generator } = options;
  const { faults, delaySeconds } = scenario;

  const whole = ([min, max]: Range): number => min + Math.floor(generator.next() * (max - min + 1));

  /** The last ordinary event at or before `fresh` whose producer's clock is right. */
  function findOrdinary(fresh: number): Head<Where> | null {
    for (let at = fresh; at >= 0 && fresh - at < LONGEST_SEARCH; at--) {
      if (planOf(at).kind !== "ordinary") continue;
      const head = headOf(at);
      if (isRight(head.clock)) return head;
    }
    return null;
  }

  /** An ordinary event that had arrived so many seconds before this one. */
  function findBefore(fresh: number, seconds: number): Head<Where> | null {
    const index = timeline.indexBefore(timeline.indexOf(fresh), seconds);
    const source = timeline.replayOf(index) ?? index;
    return findOrdinary(Math.min(fresh - 1, timeline.freshOf(source)));
  }

  /** An event whose Ts and place are its own; an ordinary one goes by its producer's clock. */
  function own(fresh: number, arrivalMs: number, plan: Plan, placeDraw: number, ts: number): Head<Where> {
    const place = places.draw(placeDraw, timeline.secondsAt(ts * 1000));
    const clock = plan.kind === "ordinary" ? clocks.of(place, timeline.secondsAt(arrivalMs)) : honestClock;
    return { fresh, arrivalMs, plan, place, ts: inRange(ts + clock.aheadSeconds), clock, original: null };
  }

  /** The fault that is told by an event before it; null where there is no such event, undefined for all other kinds. */
  function anchored(fresh: number, arrivalMs: number, plan: Plan): Head<Where> | null | undefined {
    switch (plan.kind) {
      case "equalTime": {
        const anchor = findOrdinary(fresh - 1);
        return (
          anchor && { fresh, arrivalMs, plan, place: anchor.place, ts: anchor.ts, clock: honestClock, original: null }
        );
      }
      case "lateJust":
      case "lateFar": {
        const by = plan.kind === "lateJust" ? 0 : whole(faults?.lateFar?.bySeconds ?? [1, 1]);
        const anchor = findOrdinary(fresh - 1);
        if (anchor === null) return null;
        const ts = foresight.newestLateTs(anchor.ts) - by;
        // There is no time before 1970.
        if (ts < 0) return null;
        return { fresh, arrivalMs, plan, place: anchor.place, ts, clock: honestClock, original: null };
      }
      case "duplicateAtOnce":
        return copyOf(findOrdinary(fresh - 1), fresh, arrivalMs, plan);
      case "duplicateAfterAMinute":
        return copyOf(findBefore(fresh, MINUTE_SECONDS), fresh, arrivalMs, plan);
      case "duplicateAfterARestart": {
        const seconds = whole(faults?.duplicateAfterARestart?.afterSeconds ?? [1, 1]);
        return copyOf(findBefore(fresh, seconds), fresh, arrivalMs, plan);
      }
      default:
        return undefined;
    }
  }

  /** How far Ts lies behind the arrival, for an event whose fault, if any, is told by itself. */
  function delayOf(kind: Plan["kind"], delay: number, arrivalMs: number): number {
    const arrivalSeconds = Math.floor(arrivalMs / 1000);
    switch (kind) {
      case "outOfOrder":
        return whole(faults?.outOfOrder?.delaySeconds ?? [0, 0]);
      case "lastMoment":
        return foresight.safeDelaySeconds;
      case "windowEdge":
        return delay + ((arrivalSeconds - delay) % MINUTE_SECONDS);
      case "ahead":
        return -whole(faults?.ahead?.aheadSeconds ?? [1, 1]);
      case "future":
        return arrivalSeconds + 1 - foresight.oldestFutureTs(arrivalMs) - whole(faults?.future?.bySeconds ?? [1, 1]);
      default:
        return delay;
    }
  }

  function headOf(fresh: number): Head<Where> {
    const arrivalMs = timeline.arrivalMs(timeline.indexOf(fresh));
    const planned = planOf(fresh);
    // In the last minutes of the year 9999 there is no future.
    const plan = planned.kind === "future" && foresight.oldestFutureTs(arrivalMs) > LATEST_TS ? ordinary : planned;
    generator.place(fresh);
    // Drawn for every kind, so that an event's own draws don't depend on what it is meant to be.
    const delay = whole(delaySeconds);
    const placeDraw = generator.next();
    const found = anchored(fresh, arrivalMs, plan);
    if (found) return found;
    const ts = Math.floor(arrivalMs / 1000) - delayOf(plan.kind, delay, arrivalMs);
    return own(fresh, arrivalMs, found === null ? ordinary : plan, placeDraw, ts);
  }

  return headOf;
}

function copyOf<Where>(original: Head<Where> | null, fresh: number, arrivalMs: number, plan: Plan): Head<Where> | null {
  return original && { ...original, fresh, arrivalMs, plan, original };
}

function inRange(ts: number): number {
  return Math.max(0, Math.min(LATEST_TS, ts));
}
