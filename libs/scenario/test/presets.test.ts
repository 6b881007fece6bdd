import { describe, expect, it } from "vitest";
import { presets } from "../src/presets.js";
import { createStream, type ScenarioRecord } from "../src/stream.js";

const startMs = Date.UTC(2024, 1, 3, 17);

function take(name: keyof typeof presets, count: number): ScenarioRecord[] {
  const stream = createStream({ scenario: presets[name], seed: 20_240_203, startMs });
  return Array.from({ length: count }, (_, index) => stream.at(index));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function countBy<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** How many of its standard deviations, sqrt(2 k), chi-square with k degrees of freedom is away from its mean, k. */
function deviationsFromEven(counts: ReadonlyMap<unknown, number>, values: number): number {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const expected = total / values;
  const missing = (values - counts.size) * expected;
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, missing);
  return Math.abs(chiSquare - (values - 1)) / Math.sqrt(2 * (values - 1));
}

describe("the deck preset", () => {
  const total = 200_000;
  const records = take("deck", total);
  const events = records.flatMap(({ event }) => (event === null ? [] : [event]));

  it("tends to a mean conversion rate of 41.6 % and a mean bounce rate of 20.8 %, as on the deck's dashboard", () => {
    // E[1 / Visitors] = ln 2 / 500 nearly: 300 * ln 2 / 5 = 41.59, 150 * ln 2 / 5 = 20.79. Bounds: 4 standard errors.
    expect(Math.abs(meanOf(events.map((event) => (event.Conversion / event.Visitors) * 100)) - 41.6)).toBeLessThan(
      0.17,
    );
    expect(Math.abs(meanOf(events.map((event) => (event.PageVisitors / event.Visitors) * 100)) - 20.8)).toBeLessThan(
      0.09,
    );
  });

  it.each([
    ["Usage_Count", 50, 1000],
    ["Sales", 40, 150],
    ["Visitors", 500, 1000],
    ["PageVisitors", 50, 250],
    ["Conversion", 100, 500],
  ] as const)("draws %s uniformly from %d to %d", (field, min, max) => {
    const values = events.map((event) => event[field]);
    const sorted = values.toSorted((a, b) => a - b);
    expect([sorted[0], sorted.at(-1)]).toEqual([min, max]);
    const standardError = (max - min) / Math.sqrt(12 * total);
    expect(Math.abs(meanOf(values) - (min + max) / 2)).toBeLessThan(4 * standardError);
    expect(deviationsFromEven(countBy(values), max - min + 1)).toBeLessThan(6);
  });

  it("has Ts from 0 to 300 s before its arrival, evenly, and never after it", () => {
    const delays = records.map(({ event, arrivalMs }) => arrivalMs / 1000 - (event?.Ts ?? 0));
    expect(Math.min(...new Set(delays))).toBe(0);
    expect(Math.max(...new Set(delays))).toBe(300);
    expect(deviationsFromEven(countBy(delays), 301)).toBeLessThan(6);
  });

  it("has each of the 25 pairs of city and platform equally often", () => {
    expect(deviationsFromEven(countBy(records.map(({ key }) => key)), 25)).toBeLessThan(6);
  });

  it("has an event every 5 seconds and nothing but ordinary ones", () => {
    expect(records.at(-1)?.arrivalMs).toBe(startMs + (total - 1) * 5000);
    expect(records.every(({ label }) => label === "ordinary")).toBe(true);
  });
});

describe("the default preset", () => {
  const total = 200_000;
  const records = take("default", total);

  it("has 20 events a second", () => {
    expect(records.at(-1)?.arrivalMs).toBe(startMs + (total - 1) * 50);
  });

  it("has the shares of faults that it says, within 5 standard errors", () => {
    const counts = countBy(records.map(({ label }) => label));
    for (const [label, share] of [
      ["late", 0.005],
      ["duplicate", 0.01],
      ["malformed", 0.005],
      ["zero-visitors", 0.005],
    ] as const) {
      const standardError = Math.sqrt(share * (1 - share) * total);
      expect(Math.abs((counts.get(label) ?? 0) - share * total)).toBeLessThan(5 * standardError);
    }
  });
});
