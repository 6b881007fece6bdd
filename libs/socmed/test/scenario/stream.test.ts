import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ScenarioError } from "@tidemark/scenario";
import { socmedEvent } from "../../src/event.js";
import { createStream, presets, type ScenarioRecord, type Stream } from "../../src/scenario/index.js";

const { decode, encode } = socmedEvent;

const startMs = Date.UTC(2024, 1, 3, 17);
type PresetName = keyof typeof presets;
const names = Object.keys(presets) as PresetName[];

function streamOf(name: PresetName, seed = 1, rate?: number): Stream {
  return createStream({ scenario: presets[name], seed, startMs, ...(rate === undefined ? {} : { rate }) });
}

function take(name: PresetName, count: number, seed = 1, rate?: number): ScenarioRecord[] {
  const stream = streamOf(name, seed, rate);
  return Array.from({ length: count }, (_, index) => stream.at(index));
}

/** All that a record is, as a line of text. */
function lineOf({ index, arrivalMs, timestampMs, key, value, label }: ScenarioRecord): string {
  const bytes = value === null ? "null" : Buffer.from(value).toString("latin1");
  return `${index} ${arrivalMs} ${timestampMs} ${key} ${JSON.stringify(label)} ${bytes}\n`;
}

describe("a stream", () => {
  it.each([
    ["deck", "a86349a99e6d83bd80a4acc67a02482ab18aa3e3936330cd5128d4ba845fd0c8"],
    ["default", "ac8c6a27e9b424dd077763cddd80e17a26ef00ed5a69f1304895458ed9a73b5d"],
    ["day", "858fe3dad14f333a4b1e014f930c977fd84635f09fae10cd3e1cbca038494df8"],
    ["rush", "5b2a20a34d02befd9fdb678332f72010de2e3732ec8dda488caf061838e5f42b"],
    ["dirty", "0dff6fa389e5de860509909f8af17d463b72700930d49935b810569d26e3ed29"],
    ["skewed", "068b6b5b4f3cb0e42b5b2df5b9aed46ccce6ea4f4610f462570e9b00b35abcc5"],
    ["quiet", "72cd49bf60cbf3ea7ed3a5647490578e1a02e24f1f44f1f1c6ff89e4255740ff"],
    ["clocks", "39e05cefd7db48b4c80a0040ca3af60b42324bc9cc3205cf9ee1a3cc56db160a"],
  ] as const)("of %s is the same on every machine: its first 10,000 events", (name, golden) => {
    const hash = createHash("sha256");
    for (const record of take(name, 10_000)) hash.update(lineOf(record), "latin1");
    expect(hash.digest("hex")).toBe(golden);
  });

  it("gives event i the same whatever was asked before", () => {
    const index = fc.oneof(fc.nat(5000), fc.integer({ min: 0, max: 2 ** 35 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.maxSafeNat(),
        fc.array(index, { maxLength: 5 }),
        index,
        (name, seed, before, asked) => {
          const used = streamOf(name, seed);
          for (const other of before) used.at(other);
          expect(used.at(asked)).toEqual(streamOf(name, seed).at(asked));
        },
      ),
    );
  });

  it("is the same made by four at once, each its own part, as made by one", () => {
    const whole = take("dirty", 8000).map(lineOf).join("");
    const parts = [3, 1, 0, 2].map((part) => {
      const stream = streamOf("dirty");
      return { part, text: Array.from({ length: 2000 }, (_, at) => lineOf(stream.at(part * 2000 + at))).join("") };
    });
    expect(
      parts
        .toSorted((a, b) => a.part - b.part)
        .map(({ text }) => text)
        .join(""),
    ).toBe(whole);
  });

  it("differs by seed in every id", () => {
    const ids = new Set([...take("deck", 5000, 1), ...take("deck", 5000, 2)].map(({ event }) => event?.ID));
    expect(ids.size).toBe(10_000);
  });

  it("arrives by the scenario's rate from the start on, or by the rate that replaces it", () => {
    expect(take("deck", 4).map(({ arrivalMs }) => arrivalMs - startMs)).toEqual([0, 5000, 10_000, 15_000]);
    expect(take("rush", 4, 1, 3).map(({ arrivalMs }) => arrivalMs - startMs)).toEqual([0, 333, 667, 1000]);
    expect(take("rush", 5001).at(-1)?.arrivalMs).toBe(startMs + 50_000);
    // A burst of 10 s at 3,000 events/s follows.
    expect(take("rush", 35_001).at(-1)?.arrivalMs).toBe(startMs + 60_000);
  });

  it("tells arrival time and key without making the event, and never falls back in time", () => {
    for (const name of names) {
      const stream = streamOf(name, 3);
      let previous = 0;
      for (let index = 0; index < 6000; index++) {
        const { arrivalMs, key } = stream.at(index);
        expect(arrivalMs).toBeGreaterThanOrEqual(previous);
        expect(stream.arrivalMs(index)).toBe(arrivalMs);
        expect(stream.keyOf(index)).toBe(key);
        previous = arrivalMs;
      }
    }
  });

  it("encodes the event that it carries, with a version 4 UUID and the key of its city and platform", () => {
    for (const { event, key, value, label } of names.flatMap((name) => take(name, 2000))) {
      expect(event === null).toBe(label.reason !== undefined);
      if (event === null || value === null) continue;
      expect(decode(value)).toEqual({ ok: true, event });
      expect(value).toEqual(encode(event));
      expect(event.ID).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(key).toBe(`${event.Kota}|${event.Sosial_Media}`);
    }
  });

  it("keeps Ts within what the schema takes, at both ends of time", () => {
    for (const at of [86_400_000, 253_402_000_000_000]) {
      const stream = createStream({ scenario: presets.dirty, seed: 1, startMs: at });
      for (let index = 0; index < 5000; index++) {
        const { event, value, label } = stream.at(index);
        expect(decode(value).ok).toBe(event !== null);
        expect(label.becomes === "rejected").toBe(event === null);
      }
    }
  });

  it.each([
    [{ seed: -1 }, "seed must be an integer 0..9007199254740991, got -1"],
    [{ seed: 1.5 }, "seed must be"],
    [{ startMs: 0 }, "startMs must be whole epoch milliseconds"],
    [{ startMs: Number.NaN }, "startMs must be"],
    [{ rate: 0 }, "rate must be a number of events per second above 0, got 0"],
    [{ rate: Number.POSITIVE_INFINITY }, "rate must be"],
    [
      { scenario: { ...presets.deck, outages: [{ fromSeconds: 1, forSeconds: 1 }] } },
      "Nothing is left to report 1 s after the start: outages or weights of 0 leave no city and platform.",
    ],
  ])("refuses %o with a message that says why", (change, message) => {
    const create = () => createStream({ scenario: presets.deck, seed: 1, startMs, ...change });
    expect(create).toThrow(ScenarioError);
    expect(create).toThrow(message);
  });

  it("refuses an index that is none or lies beyond the year 9999", () => {
    const stream = streamOf("deck");
    for (const index of [-1, 0.5, Number.NaN, 2 ** 53, 2 ** 52]) {
      expect(() => stream.at(index)).toThrow(ScenarioError);
      expect(() => stream.keyOf(index)).toThrow(ScenarioError);
    }
  });
});
