import { createHash } from "node:crypto";
import { decode, encode } from "@tidemark/schema";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ScenarioError } from "../src/errors.js";
import { malformations } from "../src/malformation.js";
import { presets } from "../src/presets.js";
import { createStream, type ScenarioRecord } from "../src/stream.js";
import { judgeByWatermark } from "./naive-watermark.js";

const startMs = Date.UTC(2024, 1, 3, 17);

function take(name: keyof typeof presets, count: number, seed = 1, rate?: number): ScenarioRecord[] {
  const stream = createStream({ scenario: presets[name], seed, startMs, ...(rate === undefined ? {} : { rate }) });
  return Array.from({ length: count }, (_, index) => stream.at(index));
}

describe("a stream", () => {
  it.each([
    ["deck", "ed1bff0cd54b06e48a496daac5dc61c75b61ce2ecba356c265d8303c8d7eafe3"],
    ["default", "f919c4ecffd898ab1e75c6c9f4149bf828c5c6116089ac34fe2971bac0472123"],
  ] as const)("of %s has had the same first 10,000 events since it was first released", (name, golden) => {
    const hash = createHash("sha256");
    for (const { arrivalMs, key, value, label } of take(name, 10_000)) {
      hash.update(`${arrivalMs} ${key} ${label} `).update(value).update("\n");
    }
    expect(hash.digest("hex")).toBe(golden);
  });

  it("gives event i the same whatever was asked before", () => {
    const options = { scenario: presets.default, startMs };
    const index = fc.oneof(fc.nat(5000), fc.integer({ min: 0, max: 2 ** 40 }));
    fc.assert(
      fc.property(fc.nat(), fc.array(index, { maxLength: 5 }), index, (seed, before, asked) => {
        const used = createStream({ ...options, seed });
        for (const other of before) used.at(other);
        expect(used.at(asked)).toEqual(createStream({ ...options, seed }).at(asked));
      }),
    );
  });

  it("differs by seed in every id", () => {
    const ids = new Set([...take("deck", 5000, 1), ...take("deck", 5000, 2)].map(({ event }) => event?.ID));
    expect(ids.size).toBe(10_000);
  });

  it("arrives by the scenario's rate from the start on, or by the rate that replaces it", () => {
    expect(take("deck", 4).map(({ arrivalMs }) => arrivalMs - startMs)).toEqual([0, 5000, 10_000, 15_000]);
    expect(take("deck", 4, 1, 3).map(({ arrivalMs }) => arrivalMs - startMs)).toEqual([0, 333, 667, 1000]);
    const thousand = take("deck", 2001, 1, 1000);
    expect(thousand.at(-1)?.arrivalMs).toBe(startMs + 2000);
  });

  it("never falls back in arrival time and tells it without making the event", () => {
    const stream = createStream({ scenario: presets.default, seed: 1, startMs, rate: 7.3 });
    let previous = 0;
    for (let index = 0; index < 1000; index++) {
      expect(stream.arrivalMs(index)).toBeGreaterThanOrEqual(previous);
      previous = stream.arrivalMs(index);
      expect(stream.at(index).arrivalMs).toBe(previous);
    }
  });

  it("encodes the event that it carries, with a version 4 UUID and the key of its city and platform", () => {
    for (const { event, key, value, label } of take("default", 2000)) {
      if (event === null) continue;
      expect(decode(value)).toEqual({ ok: true, event });
      expect(value).toEqual(encode(event));
      expect(event.ID).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(key).toBe(`${event.Kota}|${event.Sosial_Media}`);
      expect(label).not.toBe("malformed");
    }
  });

  it("has decode reject every malformed event, for each of the reasons", () => {
    const reasons = new Map<string, number>();
    for (const { value, label, event } of take("default", 40_000)) {
      if (label !== "malformed") continue;
      const decoded = decode(value);
      expect(event).toBeNull();
      expect(decoded.ok).toBe(false);
      if (!decoded.ok) reasons.set(decoded.rejection.reason, (reasons.get(decoded.rejection.reason) ?? 0) + 1);
    }
    expect([...reasons.keys()].sort()).toEqual([...malformations].sort());
  });

  it("repeats, as a duplicate, the bytes of an ordinary event at most 40 events before it", () => {
    const records = take("default", 40_000);
    const duplicates = records.filter(({ label }) => label === "duplicate");
    expect(duplicates.length).toBeGreaterThan(300);
    for (const { index, key, event, value } of duplicates) {
      const original = records
        .slice(Math.max(0, index - 40), index)
        .find((record) => record.label === "ordinary" && record.event?.ID === event?.ID);
      expect(original?.value).toEqual(value);
      expect(original?.key).toBe(key);
    }
  });

  it("repeats nothing otherwise: every id but a duplicate's is new", () => {
    const ids = take("default", 40_000).flatMap(({ label, event }) =>
      event === null || label === "duplicate" ? [] : [event.ID],
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("makes an event without visitors one without page visitors and conversions", () => {
    const zero = take("default", 20_000).filter(({ label }) => label === "zero-visitors");
    expect(zero.length).toBeGreaterThan(50);
    for (const { event } of zero) expect(event).toMatchObject({ Visitors: 0, PageVisitors: 0, Conversion: 0 });
  });

  it.each([0.2, 20, 1000])("is never late at %d events/s of deck, even in a single partition", (rate) => {
    expect(judgeByWatermark(take("deck", 50_000, 3, rate), () => 0).late).toEqual([]);
  });

  it.each([20, 1000])("is late at %d events/s of default where it says so and nowhere else", (rate) => {
    const records = take("default", 100_000, 4, rate);
    for (const partitionOf of [() => 0, (key: string) => key.length % 8, (key: string) => key]) {
      const { late, unwarmed } = judgeByWatermark(records, partitionOf);
      const expected = records.filter(({ label, index }) => label === "late" && !unwarmed.has(index));
      expect(late).toEqual(expected.map(({ index }) => index));
      expect(expected.length).toBeGreaterThan(400);
      expect(unwarmed.size).toBeLessThan(5);
    }
  });

  it("copies no original so old that the copy would be late", () => {
    const faults = { ...presets.deck.faults, duplicate: { share: 0.3, withinEvents: 100 } };
    const stream = createStream({ scenario: { ...presets.deck, faults }, seed: 1, startMs, rate: 0.5 });
    const records = Array.from({ length: 5000 }, (_, index) => stream.at(index));
    expect(records.filter(({ label }) => label === "duplicate").length).toBeGreaterThan(1000);
    expect(judgeByWatermark(records, () => 0).late).toEqual([]);
  });

  it("falls back to an ordinary event where no original is young enough", () => {
    const faults = { ...presets.default.faults, duplicate: { share: 1, withinEvents: 3 } };
    const stream = createStream({ scenario: { ...presets.default, faults }, seed: 1, startMs });
    const records = Array.from({ length: 100 }, (_, index) => stream.at(index));
    expect(records.every(({ label }) => label === "ordinary")).toBe(true);
  });

  it.each([
    [{ seed: -1 }, "seed must be an integer 0..9007199254740991, got -1"],
    [{ seed: 1.5 }, "seed must be"],
    [{ startMs: 0 }, "startMs must be whole epoch milliseconds"],
    [{ startMs: Number.NaN }, "startMs must be"],
    [{ rate: 0 }, "rate must be a number of events per second above 0, got 0"],
    [{ rate: Number.POSITIVE_INFINITY }, "rate must be"],
  ])("refuses %o with a message that says why", (change, message) => {
    const create = () => createStream({ scenario: presets.deck, seed: 1, startMs, ...change });
    expect(create).toThrow(ScenarioError);
    expect(create).toThrow(message);
  });

  it("refuses an index that is none or lies beyond the year 9999", () => {
    const stream = createStream({ scenario: presets.deck, seed: 1, startMs });
    for (const index of [-1, 0.5, Number.NaN, 2 ** 53, 2 ** 52]) expect(() => stream.at(index)).toThrow(ScenarioError);
  });
});
