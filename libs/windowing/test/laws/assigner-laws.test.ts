import * as fc from "fast-check";
import { expect, test } from "vitest";
import { assignWindows, mergeSessions, type Window, type WindowAssigner } from "../../src/index.js";
import { generatedDefinitions } from "./generated-definitions.js";

const assigners = generatedDefinitions().chain(({ rollups }) =>
  fc.constantFrom(...rollups.map(({ window }) => window)),
);

const windows = fc.array(
  fc
    .record({ startMs: fc.integer({ min: -20, max: 20 }), sizeMs: fc.integer({ min: 1, max: 5 }) })
    .map(({ startMs, sizeMs }) => ({ startMs, endMs: startMs + sizeMs })),
  { maxLength: 12 },
);

test("the windows of a time are all those that hold it, ascending, by whatever definition one looks for them", () => {
  fc.assert(
    fc.property(assigners, fc.integer({ min: -30, max: 30 }), (assigner, unit) => {
      const timeMs = unit * (shapeOf(assigner).sizeMs >= 1000 ? 500 : 1);
      const { sizeMs, slideMs, offsetMs } = shapeOf(assigner);
      const starts =
        assigner.kind === "session"
          ? [timeMs]
          : Array.from({ length: 201 }, (_, at) => offsetMs + (at - 100) * slideMs).filter(
              (startMs) => startMs <= timeMs && timeMs < startMs + sizeMs,
            );
      expect(assignWindows(assigner, timeMs)).toEqual(starts.map((startMs) => ({ startMs, endMs: startMs + sizeMs })));
    }),
    { numRuns: 1000 },
  );
});

test("windows are exact at the ends of time", () => {
  const times = fc.oneof(
    fc.bigInt({ min: -8_640_000_000_000_000n, max: 8_640_000_000_000_000n }),
    fc.bigInt({ min: 8_639_999_999_999_000n, max: 8_640_000_000_000_000n }),
    fc.bigInt({ min: -8_640_000_000_000_000n, max: -8_639_999_999_999_000n }),
  );
  const sizes = fc.oneof(fc.bigInt({ min: 1n, max: 100n }), fc.bigInt({ min: 1n, max: 100_000_000_000_000n }));
  fc.assert(
    fc.property(times, sizes, fc.bigInt(), (timeMs, sizeMs, drawn) => {
      const offsetMs = drawn % sizeMs;
      const into = (((timeMs - offsetMs) % sizeMs) + sizeMs) % sizeMs;
      const [startMs, endMs] = [Number(timeMs - into), Number(timeMs - into + sizeMs)];
      const assigner = { kind: "tumbling", sizeMs: Number(sizeMs), offsetMs: Number(offsetMs) } as const;
      expect(assignWindows(assigner, Number(timeMs))).toEqual([{ startMs, endMs }]);
    }),
    { numRuns: 1000 },
  );
});

test("merged sessions cover the same times and touching points, lie apart, and do not depend on the order", () => {
  fc.assert(
    fc.property(windows, fc.nat(), (some, turn) => {
      const merged = mergeSessions(some);
      const halves = Array.from({ length: 121 }, (_, at) => -30 + at / 2);
      // Closed, so that windows that touch have a point in common.
      const covers = (all: readonly Window[]) => (at: number) =>
        all.some(({ startMs, endMs }) => startMs <= at && at <= endMs);
      expect(halves.filter(covers(merged))).toEqual(halves.filter(covers(some)));
      expect(merged.slice(1).filter(({ startMs }, at) => startMs <= (merged[at]?.endMs ?? Infinity))).toEqual([]);

      const from = turn % (some.length + 1);
      expect(mergeSessions([...some.slice(from), ...some.slice(0, from)].toReversed())).toEqual(merged);
      expect(mergeSessions([...mergeSessions(some.slice(0, from)), ...mergeSessions(some.slice(from))])).toEqual(
        merged,
      );
      expect(mergeSessions(merged)).toEqual(merged);
    }),
    { numRuns: 1000 },
  );
});

function shapeOf(assigner: WindowAssigner): { sizeMs: number; slideMs: number; offsetMs: number } {
  if (assigner.kind === "session") return { sizeMs: assigner.gapMs, slideMs: 1, offsetMs: 0 };
  const slideMs = assigner.kind === "tumbling" ? assigner.sizeMs : assigner.slideMs;
  return { sizeMs: assigner.sizeMs, slideMs, offsetMs: assigner.offsetMs ?? 0 };
}
