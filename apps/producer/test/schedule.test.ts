import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dueUntil, msToSleep, msUntilDue, type Schedule } from "../src/schedule.js";

const startMs = Date.UTC(2024, 1, 3, 17);

function steady(ratePerSecond: number, first = 0, end = Number.POSITIVE_INFINITY): Schedule {
  return { arrivalMs: (index) => startMs + Math.round((index * 1000) / ratePerSecond), first, end };
}

/** Runs the schedule with a clock that is looked at at these times (ms since the run began); gives how many were sent. */
function runThrough(schedule: Schedule, looksMs: readonly number[], limit = 2_000): number {
  let next = schedule.first;
  for (const elapsedMs of looksMs) {
    for (let until = next; ; next = until) {
      until = dueUntil(schedule, next, elapsedMs, limit);
      if (until === next) break;
    }
  }
  return next - schedule.first;
}

describe("the schedule", () => {
  it("sends exactly 6,000 events in 60 s at 100 events/s, looked at every 7 ms", () => {
    const looks = Array.from({ length: Math.ceil(60_000 / 7) }, (_, n) => n * 7);
    expect(runThrough(steady(100), [...looks, 60_000])).toBe(6_000);
  });

  it("does not drift: what is sent by a time is the same however the clock was looked at before", () => {
    const looks = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { maxLength: 50 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(100_000), looks, (rate, first, before) => {
        const sent = runThrough(steady(rate, first), [...before.sort((a, b) => a - b), 60_000]);
        expect(Math.abs(sent - rate * 60)).toBeLessThanOrEqual(first === 0 ? 0 : 1);
      }),
    );
  });

  it("makes up for a stall at once, in portions of the limit", () => {
    expect(dueUntil(steady(100), 500, 30_000, 2_000)).toBe(2_500);
    expect(dueUntil(steady(100), 2_500, 30_000, 2_000)).toBe(3_000);
  });

  it("sends nothing before the first event is due and never beyond the end", () => {
    expect(dueUntil(steady(100, 7), 7, 0, 10)).toBe(7);
    expect(dueUntil(steady(100, 7), 7, 0.5, 10)).toBe(8);
    expect(dueUntil(steady(100, 7, 9), 7, 1e9, 10)).toBe(9);
    expect(dueUntil(steady(0.2, 0, 1_000), 0, Number.POSITIVE_INFINITY, 5_000)).toBe(1_000);
  });

  it("tells how long it is until an event is due", () => {
    expect(msUntilDue(steady(0.2, 10), 11, 1_000)).toBe(4_000);
    expect(msUntilDue(steady(0.2, 10), 11, 6_000)).toBe(0);
  });

  it("sleeps until the next event is due, in whole ms, and no longer where the last ones were sent a while ago", () => {
    expect(msToSleep(9.3, 0.7)).toBe(10);
    expect(msToSleep(0.2, 9.8)).toBe(1);
    expect(msToSleep(0.2, Number.POSITIVE_INFINITY)).toBe(1);
  });

  it("gathers what is due within 5 ms of a fast stream, and looks at least each second", () => {
    expect(msToSleep(0.4, 0.6)).toBe(5);
    expect(msToSleep(60_000, 1)).toBe(1_000);
  });
});
