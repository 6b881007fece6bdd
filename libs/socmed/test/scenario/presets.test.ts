import { describe, expect, it } from "vitest";
import { answer, partitionOfKey } from "@tidemark/scenario/oracle";
import { socmedData } from "../../src/pipeline.js";
import { createStream, presets, type ScenarioRecord } from "../../src/scenario/index.js";
import { countBy, deviationsFromEven, meanOf } from "../statistics.js";

const startMs = Date.UTC(2024, 1, 3, 17);

function take(name: keyof typeof presets, count: number): ScenarioRecord[] {
  const stream = createStream({ scenario: presets[name], seed: 20_240_203, startMs });
  return Array.from({ length: count }, (_, index) => stream.at(index));
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
    expect(records.every(({ label }) => label.kind === "ordinary")).toBe(true);
  });
});

describe("the day preset", () => {
  it("is 24 hours of event time", () => {
    const stream = createStream({ scenario: presets.day, seed: 1, startMs });
    expect(stream.arrivalMs(presets.day.events ?? 0)).toBe(startMs + 86_400_000);
  });
});

describe("the skewed preset", () => {
  it("has nine of ten events in one pair, and in its partition", () => {
    const records = take("skewed", 100_000);
    const hot = records.filter(({ key }) => key === "Jakarta|TikTok").length;
    // Bound: 5 standard errors.
    expect(Math.abs(hot / 100_000 - 0.9)).toBeLessThan(0.005);
  });
});

describe("the quiet preset", () => {
  it("silences all that partition 4 of 8 holds after two minutes, and nothing else", () => {
    const records = take("quiet", 20_000);
    const partitions = (from: number, to: number) =>
      new Set(
        records
          .filter(({ arrivalMs }) => arrivalMs >= startMs + from * 1000 && arrivalMs < startMs + to * 1000)
          .map(({ key }) => partitionOfKey(key, 8)),
      );
    expect([...partitions(0, 120)].toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    // Events up to 20 s old are still under way.
    expect([...partitions(140, 1000)].toSorted()).toEqual([0, 1, 2, 3, 5, 6, 7]);
  });

  it("leaves that partition's watermark behind", () => {
    const { partitions } = answer(take("quiet", 20_000), {
      definition: socmedData,
      partitions: 8,
      onJudged: () => {},
      onWindow: () => {},
    });
    const watermarks = partitions.map(({ watermarkMs }) => (watermarkMs - startMs) / 1000);
    expect(watermarks.filter((seconds) => seconds < -150)).toHaveLength(1);
    expect(watermarks.filter((seconds) => seconds > 690)).toHaveLength(7);
  });
});
