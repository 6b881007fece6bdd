import * as fc from "fast-check";
import type { Rollup, TaskDefinition, TaskRecord } from "../src/index.js";
import { aggregates, type Visit } from "./visit.js";

/** Definitions and records in so small a range of times that late events, duplicates and edges are everywhere. */

const keys = fc.subarray(["city", "platform"] as const, { minLength: 0 });

const definitions: fc.Arbitrary<TaskDefinition<Visit>> = fc
  .record({
    baseMs: fc.integer({ min: 1, max: 4 }),
    factors: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
    keys: fc.array(keys, { minLength: 3, maxLength: 3 }),
    unit: fc.constantFrom("ms" as const, "s" as const),
    watermarkDelayMs: fc.integer({ min: 0, max: 8 }),
    allowedLatenessMs: fc.integer({ min: 0, max: 5 }),
    maxFutureSkewMs: fc.integer({ min: 0, max: 8 }),
  })
  .map(({ baseMs, factors, keys: keysOf, unit, ...durations }) => {
    const scale = unit === "s" ? 1000 : 1;
    const rollup = (factor: number, at: number): Rollup<Visit> => ({
      name: `rollup-${at}`,
      sizeMs: baseMs * factor * scale,
      keys: keysOf[at] ?? [],
      aggregates,
    });
    return {
      id: "id",
      time: { field: "at", unit },
      watermarkDelayMs: durations.watermarkDelayMs * scale,
      allowedLatenessMs: durations.allowedLatenessMs * scale,
      maxFutureSkewMs: durations.maxFutureSkewMs * scale,
      rollups: [rollup(1, 0), ...factors.map((factor, at) => rollup(factor, at + 1))],
    };
  });

const visits: fc.Arbitrary<Visit> = fc.record({
  id: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"),
  at: fc.integer({ min: -15, max: 25 }),
  city: fc.constantFrom("Bogor", "Depok"),
  platform: fc.constantFrom("X", "TikTok"),
  sales: fc.integer({ min: -3, max: 9 }),
  // In another order, these have another sum.
  rate: fc.constantFrom(null, 0.1, 0.2, 0.3, 1e16, -1e16, -0),
});

// Times drift upwards, so that runs are long enough for ids to expire and come again.
const drafts = fc.array(
  fc.record({
    visit: visits,
    drift: fc.integer({ min: 0, max: 2 }),
    arrival: fc.option(fc.integer({ min: -6, max: 12 }), { freq: 4, nil: null }),
    broken: fc.integer({ min: 0, max: 19 }).map((draw) => draw === 0),
  }),
  { maxLength: 60, size: "max" },
);

/** What happens after a piece of the records was stepped through. */
export type After = "nothing" | "checkpoint" | "restore" | "restore from the tables";

export interface Piece {
  readonly length: number;
  readonly after: After;
}

export interface GeneratedRun {
  readonly definition: TaskDefinition<Visit>;
  readonly records: readonly TaskRecord<Visit>[];
  readonly pieces: readonly Piece[];
}

const pieces = fc.array(
  fc.record({
    length: fc.integer({ min: 0, max: 9 }),
    after: fc.constantFrom<After[]>("nothing", "checkpoint", "restore", "restore from the tables"),
  }),
  { maxLength: 15, size: "max" },
);

export const generatedRuns: fc.Arbitrary<GeneratedRun> = fc
  .record({ definition: definitions, drafts, pieces })
  .map(({ definition, drafts: drawn, pieces: cuts }) => {
    const scale = definition.time.unit === "s" ? 1000 : 1;
    let drifted = 0;
    const records = drawn.map(({ visit, drift, arrival, broken }) => {
      drifted += drift;
      const at = visit.at + drifted;
      return {
        arrivalMs: arrival === null ? -1 : (at + arrival) * scale,
        event: broken ? null : { ...visit, at },
      };
    });
    return { definition, records, pieces: cuts };
  });
