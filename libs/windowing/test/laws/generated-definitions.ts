import * as fc from "fast-check";
import type { Aggregate, KeyLimit, Rollup, TaskDefinition, WindowAssigner } from "../../src/index.js";
import { aggregates, type Visit } from "./visit.js";

/** Definitions with windows of a few units, so that a short stream spans several. */

export interface Shape {
  readonly kinds: readonly WindowAssigner["kind"][];
  readonly outputs: readonly ("update" | "final")[];
  /** Integers alone are aggregated: those have one right sum, whatever the order. */
  readonly exact: boolean;
}

const anyShape: Shape = { kinds: ["tumbling", "hopping", "session"], outputs: ["update", "final"], exact: false };

export function generatedDefinitions(shape: Partial<Shape> = {}): fc.Arbitrary<TaskDefinition<Visit>> {
  const { kinds, outputs, exact } = { ...anyShape, ...shape };
  return fc
    .record(
      {
        unit: fc.constantFrom("ms" as const, "s" as const),
        id: fc.oneof({ weight: 4, arbitrary: fc.constant("id" as const) }, fc.constant(undefined)),
        delay: fc.oneof({ weight: 7, arbitrary: fc.integer({ min: 0, max: 6 }) }, fc.constant("given" as const)),
        lateness: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5 })),
        skew: fc.option(fc.integer({ min: 0, max: 6 }), { freq: 5, nil: undefined }),
        initial: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, fc.integer({ min: -8, max: 4 })),
        output: fc.constantFrom(...outputs),
        windows: fc.constantFrom(...kinds).chain((kind) => windowsOf[kind]),
        keys: fc.array(fc.shuffledSubarray(["city", "platform"] as const), { minLength: 3, maxLength: 3 }),
        aggregates: fc.array(generatedAggregates(exact), { minLength: 3, maxLength: 3 }),
        limits: fc.array(fc.option(generatedLimits, { freq: 3, nil: undefined }), { minLength: 3, maxLength: 3 }),
      },
      { noNullPrototype: true },
    )
    .map(({ unit, id, delay, lateness, skew, initial, output, windows, keys, aggregates: made, limits }) => {
      const scale = unit === "s" ? 1000 : 1;
      const rollups = windows.map((window, at): Rollup<Visit> => ({
        name: `rollup-${at}`,
        window: scaled(window, scale),
        keys: keys[at] ?? [],
        aggregates: made[at] ?? {},
        ...(window.kind !== "session" && keys[at]?.length && limits[at] && { keyLimit: limits[at] }),
      }));
      return {
        time: { field: "at", unit },
        ...(id === undefined ? {} : { id }),
        watermarkDelayMs: delay === "given" ? delay : delay * scale,
        allowedLatenessMs: lateness * scale,
        ...(skew === undefined ? {} : { maxFutureSkewMs: skew * scale }),
        ...(initial === undefined ? {} : { initialWatermarkMs: initial * scale }),
        output,
        rollups: rollups as [Rollup<Visit>, ...Rollup<Visit>[]],
      };
    });
}

/** So low that streams of a few keys come to them. */
const generatedLimits: fc.Arbitrary<KeyLimit> = fc.record(
  { perWindow: fc.constantFrom(1, 1, 2, 3), beyond: fc.constantFrom("other", "other", "reject") },
  { noNullPrototype: true },
);

function generatedAggregates(exact: boolean): fc.Arbitrary<Record<string, Aggregate<Visit>>> {
  const named = Object.entries<Aggregate<Visit>>(aggregates).filter(
    ([, aggregate]) => !exact || !("of" in aggregate) || aggregate.of === "integer",
  );
  return fc
    .oneof({ weight: 2, arbitrary: fc.constant(named) }, fc.subarray(named, { minLength: 1 }))
    .map((chosen) => Object.fromEntries(chosen));
}

/** The base window and up to two multiples of it; or one window alone. In units. */
const windowsOf: Readonly<Record<WindowAssigner["kind"], fc.Arbitrary<readonly WindowAssigner[]>>> = {
  tumbling: fc
    .record({
      base: fc.integer({ min: 1, max: 4 }),
      offset: fc.integer({ min: -3, max: 3 }),
      others: fc.array(fc.record({ factor: fc.integer({ min: 1, max: 4 }), shift: fc.integer({ min: -3, max: 3 }) }), {
        maxLength: 2,
      }),
    })
    .map(({ base, offset, others }) => [
      { kind: "tumbling", sizeMs: base, offsetMs: offset % base },
      ...others.map(({ factor, shift }): WindowAssigner => {
        const sizeMs = base * factor;
        return { kind: "tumbling", sizeMs, offsetMs: ((offset % base) + shift * base) % sizeMs };
      }),
    ]),
  hopping: fc
    .record({
      size: fc.integer({ min: 1, max: 9 }),
      slide: fc.integer({ min: 1, max: 9 }),
      offset: fc.integer({ min: -8, max: 8 }),
      gaps: fc.integer({ min: 0, max: 4 }).map((draw) => draw === 0),
    })
    .map(({ size, slide, offset, gaps }) => {
      const [least, most] = size < slide ? [size, slide] : [slide, size];
      const window = gaps ? { sizeMs: least, slideMs: most, gaps } : { sizeMs: most, slideMs: least };
      return [{ kind: "hopping", ...window, offsetMs: offset % window.slideMs }];
    }),
  session: fc.integer({ min: 1, max: 4 }).map((gapMs) => [{ kind: "session", gapMs }]),
};

function scaled(window: WindowAssigner, scale: number): WindowAssigner {
  switch (window.kind) {
    case "tumbling":
      return { ...window, sizeMs: window.sizeMs * scale, offsetMs: (window.offsetMs ?? 0) * scale };
    case "hopping": {
      const { sizeMs, slideMs, offsetMs = 0 } = window;
      return { ...window, sizeMs: sizeMs * scale, slideMs: slideMs * scale, offsetMs: offsetMs * scale };
    }
    case "session":
      return { ...window, gapMs: window.gapMs * scale };
  }
}
