import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pipelineOf } from "@tidemark/scenario";
import { answer } from "@tidemark/scenario/oracle";
import { socmedData } from "../../src/pipeline.js";
import { createStream, parseScenario, presets, type Scenario, type ScenarioRecord } from "../../src/scenario/index.js";

const startMs = Date.UTC(2024, 1, 3, 17);

const range = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
const amount = fc.double({ min: 0, max: 0.06, noNaN: true }).map((share) => ({ share }));
const fault = (extra: fc.Arbitrary<object> = fc.constant({})) =>
  fc.option(
    fc.tuple(amount, extra).map(([share, more]) => ({ ...share, ...more })),
    { nil: undefined, freq: 2 },
  );

const pipelines = fc.record({
  watermarkDelaySeconds: fc.integer({ min: 0, max: 400 }),
  allowedLatenessSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })),
  maxFutureSkewSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 120 })),
  windowSeconds: fc.constantFrom(1, 5, 10, 60),
});

const clocks = fc.array(
  fc.record({
    city: fc.constantFrom("Jakarta", "Bogor", undefined),
    fromSeconds: fc.nat(60),
    forSeconds: fc.integer({ min: 1, max: 60 }),
    aheadSeconds: fc.constantFrom(0, 30, 1800, -60, -7200),
    timestamps: fc.boolean(),
  }),
  { maxLength: 2 },
);

const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    pipeline: pipelines,
    perSecond: fc.constantFrom(0.5, 5, 50, 500),
    delaySeconds: range(0, 200),
    clocks: fc.oneof(fc.constant(undefined), clocks),
    faults: fc.record({
      outOfOrder: fault(range(0, 400).map((delaySeconds) => ({ delaySeconds }))),
      lastMoment: fault(),
      windowEdge: fault(),
      equalTime: fault(),
      ahead: fault(range(1, 60).map((aheadSeconds) => ({ aheadSeconds }))),
      zeroVisitors: fault(),
      lateJust: fault(),
      lateFar: fault(range(1, 5000).map((bySeconds) => ({ bySeconds }))),
      duplicateAtOnce: fault(),
      duplicateAfterAMinute: fault(),
      duplicateAfterARestart: fault(range(1, 300).map((afterSeconds) => ({ afterSeconds }))),
      malformed: fault(),
      future: fault(range(1, 200).map((bySeconds) => ({ bySeconds }))),
      replays: fc.option(fc.constantFrom({ everyEvents: 500, events: 100 }, { everyEvents: 2000, events: 1000 }), {
        nil: undefined,
      }),
    }),
  })
  .map(({ perSecond, ...rest }) => {
    // Beyond the skew, which is refused.
    const ahead = rest.pipeline.maxFutureSkewSeconds < 60 ? undefined : rest.faults.ahead;
    const faults = { ...rest.faults, ahead };
    return { ...presets.default, ...rest, faults, rate: { kind: "constant", perSecond } } as Scenario;
  });

/** Events whose label promises another verdict, or another reason, than the oracle gives. */
function brokenPromises(scenario: Scenario, seed: number, partitions: number): object[] {
  const { watermarkDelaySeconds, allowedLatenessSeconds, maxFutureSkewSeconds, windowSeconds } = pipelineOf(scenario);
  const stream = createStream({ scenario, seed, startMs });
  const records = Array.from({ length: 3000 }, (_, index) => stream.at(index));
  const broken: object[] = [];
  answer(records, {
    definition: {
      ...socmedData,
      watermarkDelayMs: watermarkDelaySeconds * 1000,
      allowedLatenessMs: allowedLatenessSeconds * 1000,
      maxFutureSkewMs: maxFutureSkewSeconds * 1000,
      rollups: [{ name: "base", window: { kind: "tumbling", sizeMs: windowSeconds * 1000 }, keys: [], aggregates: {} }],
    },
    partitions,
    onJudged(judgement, record) {
      const { index, label } = record as ScenarioRecord;
      const reason = judgement.kind === "rejected" ? judgement.reason : undefined;
      if (label.becomes === null) return;
      if (label.becomes !== judgement.kind || (label.kind === "malformed" && label.reason !== reason)) {
        broken.push({ index, ...label, found: judgement.kind, reason });
      }
    },
    onWindow: () => {},
  });
  return broken;
}

describe("labels of any scenario, for any pipeline and any number of partitions,", () => {
  it("promise nothing that the oracle contradicts", () => {
    fc.assert(
      fc.property(scenarios, fc.nat(), fc.constantFrom(1, 3, 8, 64), (scenario, seed, partitions) => {
        expect(parseScenario(scenario)).toMatchObject({ ok: true });
        expect(brokenPromises(scenario, seed, partitions).slice(0, 3)).toEqual([]);
      }),
      { numRuns: 120 },
    );
  });

  it.each([
    [
      "events from the future that are replayed when their time has nearly come",
      {
        future: { share: 0.05, bySeconds: [1, 20] },
        lastMoment: { share: 0.05 },
        replays: { everyEvents: 2000, events: 1000 },
      },
    ],
    ["events that are ahead by all that the skew allows", { ahead: { share: 0.05, aheadSeconds: [50, 60] } }],
  ] as const)("also with %s", (_what, faults) => {
    const scenario = { ...presets.dirty, faults } as unknown as Scenario;
    for (const partitions of [1, 8]) expect(brokenPromises(scenario, 1, partitions).slice(0, 3)).toEqual([]);
  });

  it("also with a name as long as names may be", () => {
    const scenario = { ...presets.dirty, cities: ["x".repeat(100)], affinities: [] };
    expect(brokenPromises(scenario, 1, 3)).toEqual([]);
  });
});

describe("at the ends of time", () => {
  it.each([86_400_000, 253_402_300_200_000])("from %d ms on, labels hold too", (at) => {
    const scenario: Scenario = {
      ...presets.dirty,
      delaySeconds: [0, 86_400],
      faults: {
        lateJust: { share: 0.2 },
        lateFar: { share: 0.2, bySeconds: [1, 86_400] },
        future: { share: 0.2, bySeconds: [1, 100] },
      },
    };
    const stream = createStream({ scenario, seed: 1, startMs: at });
    const kinds: string[] = [];
    answer(
      Array.from({ length: 3000 }, (_, index) => stream.at(index)),
      {
        definition: {
          ...socmedData,
          rollups: [{ name: "base", window: { kind: "tumbling", sizeMs: 5000 }, keys: [], aggregates: {} }],
        },
        partitions: 8,
        onJudged({ kind }, record) {
          const { label } = record as ScenarioRecord;
          if (label.becomes !== null && label.becomes !== kind)
            kinds.push(`${label.kind}: ${label.becomes}, found ${kind}`);
        },
        onWindow: () => {},
      },
    );
    expect([...new Set(kinds)]).toEqual([]);
  });
});

describe("a producer without timestamps", () => {
  it("is one whose events can be copied and be late behind, and the search for them is short", () => {
    const scenario: Scenario = {
      ...presets.dirty,
      clocks: [{ fromSeconds: 0, forSeconds: 1e6, aheadSeconds: 0, timestamps: false }],
      faults: { lateJust: { share: 0.2 }, duplicateAtOnce: { share: 0.2 } },
    };
    const stream = createStream({ scenario, seed: 1, startMs });
    const records = Array.from({ length: 2000 }, (_, index) => stream.at(50_000 + index));
    const count = (kind: string) => records.filter(({ label }) => label.kind === kind).length;
    expect([count("lateJust"), count("duplicateAtOnce"), count("noTimestamp")]).toEqual([400, 400, 1200]);
    const copies = records.filter(({ label }) => label.kind === "duplicateAtOnce");
    expect(new Set(copies.map(({ timestampMs }) => timestampMs))).toEqual(new Set([-1]));
  });
});
