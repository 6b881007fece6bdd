import type { RateCurve } from "./base-scenario.js";

/** When events arrive, by a rate (events per second) that changes with time. */
export interface Curve {
  /** When event `index` arrives, in whole ms after the start. Never falls as the index rises. */
  offsetMs(index: number): number;
  /** How many events arrive before `offsetMs`, to within one. */
  countBefore(offsetMs: number): number;
}

/** A stretch of time in which the rate changes evenly, or not at all. */
interface Segment {
  readonly seconds: number;
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
}

/**
 * The rate is a chain of straight lines, repeated or with its last rate held for ever, so that the number of events up to
 * a time and its inverse are both exact formulas. They use +, -, *, / and square roots alone, which IEEE 754 rounds alike
 * on every machine.
 */
export function createCurve(rate: RateCurve): Curve {
  switch (rate.kind) {
    case "constant":
      return createConstant(rate.perSecond);
    case "ramp": {
      const { fromPerSecond, toPerSecond, overSeconds } = rate;
      return createChain([{ seconds: overSeconds, fromPerSecond, toPerSecond }], { holds: toPerSecond });
    }
    case "sine":
      return createChain(sineSegments(rate), "repeats");
    case "steps": {
      const last = rate.steps.at(-1)?.perSecond ?? 0;
      return createChain(
        rate.steps.map(({ forSeconds, perSecond }) => level(forSeconds, perSecond)),
        { holds: last },
      );
    }
    case "burst": {
      const { perSecond, burstPerSecond, everySeconds, burstSeconds } = rate;
      return createChain(
        [level(everySeconds - burstSeconds, perSecond), level(burstSeconds, burstPerSecond)],
        "repeats",
      );
    }
  }
}

function level(seconds: number, perSecond: number): Segment {
  return { seconds, fromPerSecond: perSecond, toPerSecond: perSecond };
}

function createConstant(perSecond: number): Curve {
  return {
    offsetMs: (index) => Math.round((index * 1000) / perSecond),
    countBefore: (offsetMs) => Math.ceil((offsetMs * perSecond) / 1000),
  };
}

function createChain(segments: readonly Segment[], end: "repeats" | { readonly holds: number }): Curve {
  const startSeconds = [0];
  const startCount = [0];
  for (const [at, segment] of segments.entries()) {
    startSeconds.push((startSeconds[at] as number) + segment.seconds);
    startCount.push((startCount[at] as number) + eventsIn(segment));
  }
  const wholeSeconds = startSeconds.pop() as number;
  const wholeCount = startCount.pop() as number;

  function secondsWithin(count: number): number {
    const at = lastAtMost(startCount, count);
    return (startSeconds[at] as number) + secondsInto(segments[at] as Segment, count - (startCount[at] as number));
  }

  function countWithin(seconds: number): number {
    const at = lastAtMost(startSeconds, seconds);
    const { seconds: length, ...rates } = segments[at] as Segment;
    return (startCount[at] as number) + eventsUpTo(rates, length, seconds - (startSeconds[at] as number));
  }

  function secondsAt(count: number): number {
    if (end === "repeats") {
      const round = Math.floor(count / wholeCount);
      return round * wholeSeconds + secondsWithin(Math.max(0, count - round * wholeCount));
    }
    return count < wholeCount ? secondsWithin(count) : wholeSeconds + (count - wholeCount) / end.holds;
  }

  return {
    offsetMs: (index) => Math.round(secondsAt(index) * 1000),
    countBefore(offsetMs) {
      const seconds = offsetMs / 1000;
      if (end === "repeats") {
        const round = Math.floor(seconds / wholeSeconds);
        return Math.ceil(round * wholeCount + countWithin(Math.max(0, seconds - round * wholeSeconds)));
      }
      if (seconds >= wholeSeconds) return Math.ceil(wholeCount + (seconds - wholeSeconds) * end.holds);
      return Math.ceil(countWithin(Math.max(0, seconds)));
    },
  };
}

function eventsIn({ seconds, fromPerSecond, toPerSecond }: Segment): number {
  return ((fromPerSecond + toPerSecond) / 2) * seconds;
}

function eventsUpTo({ fromPerSecond, toPerSecond }: Omit<Segment, "seconds">, length: number, seconds: number): number {
  return fromPerSecond * seconds + (((toPerSecond - fromPerSecond) / length) * seconds * seconds) / 2;
}

/** The time at which a segment has had `count` events: the root of from t + slope t^2 / 2 = count, without cancellation. */
function secondsInto({ seconds, fromPerSecond, toPerSecond }: Segment, count: number): number {
  if (count <= 0) return 0;
  const slope = (toPerSecond - fromPerSecond) / seconds;
  const root = Math.sqrt(Math.max(0, fromPerSecond * fromPerSecond + 2 * slope * count));
  return Math.min(seconds, (2 * count) / (fromPerSecond + root));
}

/** The last index whose value is at most `value`, in values that never fall. */
function lastAtMost(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((values[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

const SINE_STEPS = 96;

function sineSegments({ perSecond, amplitude, periodSeconds }: Extract<RateCurve, { kind: "sine" }>): Segment[] {
  const rateAt = (step: number) => perSecond * (1 + amplitude * sineOfTurn(step / SINE_STEPS));
  return Array.from({ length: SINE_STEPS }, (_, step) => ({
    seconds: periodSeconds / SINE_STEPS,
    fromPerSecond: rateAt(step),
    toPerSecond: rateAt(step + 1),
  }));
}

/**
 * sin(2 pi turn) for 0 <= turn <= 1, to 1e-9: Taylor's series in the first quarter. Math.sin may differ in its last bit
 * from one engine to the next.
 */
function sineOfTurn(turn: number): number {
  if (turn > 0.5) return -sineOfTurn(turn - 0.5);
  const x = 2 * Math.PI * (turn > 0.25 ? 0.5 - turn : turn);
  const square = x * x;
  let term = x;
  let sum = x;
  for (let power = 3; power <= 15; power += 2) {
    term *= -square / (power * (power - 1));
    sum += term;
  }
  return sum;
}
