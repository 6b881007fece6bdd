import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createWatermarks, type Watermarks, type WatermarksDefinition } from "../../src/index.js";
import { minimumAfter, sourcesAfter, type WatermarkInput } from "./naive-watermarks.js";

interface Model {
  readonly rules: WatermarksDefinition;
  readonly history: WatermarkInput[];
  nowMs: number;
  overallMs: number;
}

interface Real {
  watermarks: Watermarks;
}

/** An input, some time after the one before it, which may or may not say when it is. */
class Input implements fc.Command<Model, Real> {
  readonly #input: WatermarkInput;
  readonly #elapsedMs: number;
  readonly #saysWhen: boolean;

  constructor(input: WatermarkInput, elapsedMs: number, saysWhen: boolean) {
    this.#input = input;
    this.#elapsedMs = elapsedMs;
    this.#saysWhen = saysWhen || input.kind === "tick";
  }

  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    model.nowMs += this.#elapsedMs;
    const input = this.#saysWhen ? { ...this.#input, nowMs: model.nowMs } : this.#input;
    model.history.push(input);
    model.overallMs = Math.max(model.overallMs, minimumAfter(model.rules, model.history));
    apply(real.watermarks, input);
    compare(model, real);
  }

  toString(): string {
    return `+${this.#elapsedMs} ms${this.#saysWhen ? "" : ", untold"}: ${JSON.stringify(this.#input)}`;
  }
}

class Restore implements fc.Command<Model, Real> {
  check(): boolean {
    return true;
  }

  run(model: Model, real: Real): void {
    const { watermarks } = real;
    real.watermarks = createWatermarks(model.rules, JSON.parse(JSON.stringify(watermarks.snapshot())));
    compare(model, real);
  }

  toString(): string {
    return "restore";
  }
}

function apply(watermarks: Watermarks, input: WatermarkInput): void {
  switch (input.kind) {
    case "add":
      return watermarks.add(input.source, input.nowMs);
    case "remove":
      return watermarks.remove(input.source);
    case "observe":
      return watermarks.observe(input.source, input.eventTimeMs, input.nowMs);
    case "advance":
      return watermarks.advance(input.source, input.watermarkMs, input.nowMs);
    case "idle":
      return watermarks.setIdle(input.source);
    case "active":
      return watermarks.setActive(input.source, input.nowMs);
    case "tick":
      return watermarks.tick(input.nowMs, input.fullyRead);
  }
}

const names = ["a", "b", "c"] as const;

function compare({ rules, history, overallMs }: Model, { watermarks }: Real): void {
  const sources = sourcesAfter(rules, history);
  const awake = sources.filter(({ isIdle }) => !isIdle);
  expect(watermarks.overallMs).toBe(overallMs);
  expect(watermarks.allIdle).toBe(sources.length > 0 && awake.length === 0);
  for (const name of names) {
    const known = sources.find(({ source }) => source === name);
    const { watermarkMs, maxEventTimeMs, isIdle } = known ?? unknownSource;
    expect(watermarks.of(name)).toBe(watermarkMs);
    expect(watermarks.maxEventTimeOf(name)).toBe(maxEventTimeMs);
    expect(watermarks.isIdle(name)).toBe(isIdle);
  }
  expect(watermarks.sources.toSorted()).toEqual(sources.map(({ source }) => source).toSorted());

  const leastMs = Math.min(...awake.map(({ watermarkMs }) => watermarkMs));
  const least = awake.filter(({ watermarkMs }) => watermarkMs === leastMs);
  const holders = new Set(least.map(({ source }) => source));
  // The first added of equal ones.
  expect(watermarks.heldBy).toBe(watermarks.sources.find((source) => holders.has(source)) ?? null);
}

const unknownSource = { watermarkMs: -Infinity, maxEventTimeMs: -Infinity, isIdle: false };

const source = fc.constantFrom(...names);
const at = fc.integer({ min: -8, max: 30 });

const kinds = <Kind extends string>(...all: Kind[]) => fc.constantFrom(...all);
const inputs: fc.Arbitrary<WatermarkInput> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: kinds("observe"), source, eventTimeMs: at }) },
  { weight: 2, arbitrary: fc.record({ kind: kinds("advance"), source, watermarkMs: at }) },
  { weight: 1, arbitrary: fc.record({ kind: kinds("add", "remove", "active"), source }) },
  { weight: 3, arbitrary: fc.record({ kind: kinds("idle"), source }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: kinds("tick"), nowMs: fc.constant(0), fullyRead: fc.subarray([...names]) }),
  },
);

const definitions: fc.Arbitrary<WatermarksDefinition> = fc.record(
  {
    delayMs: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 6 }) }, fc.constant("given" as const)),
    idleTimeoutMs: fc.integer({ min: 1, max: 6 }),
    whenAllIdle: fc.constantFrom("hold", "highest-watermark", "highest-event-time"),
    initialWatermarkMs: fc.integer({ min: -5, max: 10 }),
  },
  { requiredKeys: ["delayMs"], noNullPrototype: true },
);

const steps = fc
  .tuple(inputs, fc.integer({ min: 0, max: 4 }), fc.boolean())
  .map(([input, elapsedMs, saysWhen]) => new Input(input, elapsedMs, saysWhen));

const commands = fc.commands(
  [
    fc.oneof<fc.MaybeWeightedArbitrary<fc.Command<Model, Real>>[]>(
      { weight: 12, arbitrary: steps },
      { weight: 1, arbitrary: fc.constant(new Restore()) },
    ),
  ],
  { maxCommands: 40, size: "max" },
);

test("whatever comes in, and wherever it is restored, the watermarks are those of the naive model", () => {
  fc.assert(
    fc.property(definitions, commands, (rules, run) => {
      const overallMs = rules.initialWatermarkMs ?? -Infinity;
      const model = { rules, history: [], nowMs: 0, overallMs };
      const real = { watermarks: createWatermarks(rules) };
      fc.modelRun(() => ({ model, real }), run);
      expect(real.watermarks.overallMs).toBe(model.overallMs);
    }),
    { numRuns: 500 },
  );
});
