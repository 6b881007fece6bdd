import { expect, test } from "vitest";
import { createTask, hopping, RefusedValueError, session, type TaskDefinition, tumbling } from "../src/index.js";
import { definition, type Visit } from "./visit.js";

const [base, large] = [definition.rollups[0], definition.rollups[1]];

function refusal(changed: object): RefusedValueError {
  try {
    createTask({ ...definition, ...changed } as TaskDefinition<Visit>);
  } catch (error) {
    if (error instanceof RefusedValueError) return error;
  }
  return expect.fail("not refused");
}

function withBase(changed: object): object {
  return { rollups: [{ ...base, ...changed }, large] };
}

test.each([
  [{ id: "" }, "id"],
  [{ time: { field: "", unit: "ms" } }, "time.field"],
  [{ time: { field: "at", unit: "min" } }, "time.unit"],
  [{ watermarkDelayMs: -1 }, "watermarkDelayMs"],
  [{ watermarkDelayMs: 0.5 }, "watermarkDelayMs"],
  [{ allowedLatenessMs: Number.NaN }, "allowedLatenessMs"],
  [{ maxFutureSkewMs: Infinity }, "maxFutureSkewMs"],
  [{ maxFutureSkewMs: "60000" }, "maxFutureSkewMs"],
  [{ maxLiveIds: 0 }, "maxLiveIds"],
  [{ maxLiveIds: 2 ** 24 }, "maxLiveIds"],
  [{ rollups: [] }, "rollups"],
  [withBase({ name: "" }), "rollups[0].name"],
  [withBase({ name: "large" }), "rollups[1].name"],
  [withBase({ window: tumbling(0) }), "rollups[0].window.sizeMs"],
  [withBase({ window: tumbling(20) }), "rollups[1].window.sizeMs"],
  [withBase({ window: tumbling(10, 5) }), "rollups[1].window.offsetMs"],
  [withBase({ window: tumbling(10, 10) }), "rollups[0].window.offsetMs"],
  [withBase({ window: tumbling(10, -10) }), "rollups[0].window.offsetMs"],
  [withBase({ window: undefined }), "rollups[0].window"],
  [withBase({ window: null }), "rollups[0].window"],
  [withBase({ window: { kind: "sliding" } }), "rollups[0].window.kind"],
  [withBase({ window: hopping(10, 0) }), "rollups[0].window.slideMs"],
  [withBase({ window: hopping(10, 11) }), "rollups[0].window.slideMs"],
  [withBase({ window: { ...hopping(10, 11), gaps: 1 } }), "rollups[0].window.gaps"],
  [withBase({ window: hopping(10, 5, { offsetMs: 5 }) }), "rollups[0].window.offsetMs"],
  [withBase({ window: session(0) }), "rollups[0].window.gapMs"],
  [withBase({ window: hopping(10, 5) }), "rollups[1].window.kind"],
  [withBase({ window: session(10) }), "rollups[1].window.kind"],
  [{ output: "append" }, "output"],
  [{ initialWatermarkMs: Number.NaN }, "initialWatermarkMs"],
  [withBase({ aggregates: { n: { kind: "mean", field: "rate" } } }), "rollups[0].aggregates.n.of"],
  [withBase({ aggregates: { n: { kind: "max" } } }), "rollups[0].aggregates.n.field"],
  [withBase({ aggregates: { n: { kind: "custom", create: () => 0 } } }), "rollups[0].aggregates.n.add"],
  [withBase({ keys: ["city", ""] }), "rollups[0].keys[1]"],
  [withBase({ keys: ["city", "city"] }), "rollups[0].keys[1]"],
  [withBase({ aggregates: {} }), "rollups[0].aggregates"],
  [withBase({ aggregates: { n: { kind: "median", field: "sales" } } }), "rollups[0].aggregates.n.kind"],
  [withBase({ aggregates: { n: { kind: "sum", field: "sales", of: "text" } } }), "rollups[0].aggregates.n.of"],
  [withBase({ aggregates: { n: { kind: "sum", of: "double" } } }), "rollups[0].aggregates.n.field"],
  [withBase({ aggregates: { n: { kind: "count-non-null" } } }), "rollups[0].aggregates.n.field"],
])("%j is refused, naming %s", (changed, field) => {
  const error = refusal(changed);
  expect(error.code).toBe("bad-definition");
  expect(error.field).toBe(field);
});

test("a refusal says what the value was and what is allowed", () => {
  expect(refusal(withBase({ window: tumbling(20) })).message).toBe(
    "The task definition's rollups[1].window.sizeMs is 30; allowed: a multiple of the base window's 20 ms.",
  );
});

test("a refusal of an unknown window quotes its kind", () => {
  expect(refusal(withBase({ window: { kind: "sliding" } })).message).toContain('window.kind is "sliding"');
});

test("an event may lie in as many as 100,000 windows", () => {
  const windowOf = (sizeMs: number) => () =>
    createTask({ ...definition, rollups: [{ ...base, window: hopping(sizeMs, 1) }] });
  expect(windowOf(100_000)).not.toThrow();
  expect(windowOf(100_001)).toThrow(RefusedValueError);
});

test("a definition that names fields which the event does not have does not compile", () => {
  const wrong: TaskDefinition<Visit>[] = [
    // @ts-expect-error: no such id
    { ...definition, id: "uuid" },
    // @ts-expect-error: no such time
    { ...definition, time: { field: "ts", unit: "ms" } },
    // @ts-expect-error: no such unit
    { ...definition, time: { field: "at", unit: "minutes" } },
    // @ts-expect-error: no rollup
    { ...definition, rollups: [] },
    // @ts-expect-error: no such key
    { ...definition, rollups: [{ name: "a", window: tumbling(1), keys: ["town"], aggregates: {} }] },
    // @ts-expect-error: no such field
    { ...definition, rollups: [{ ...base, aggregates: { n: { kind: "sum", field: "price", of: "integer" } } }] },
    {
      ...definition,
      // @ts-expect-error: a sum must say of what
      rollups: [{ name: "a", window: tumbling(1), keys: [], aggregates: { n: { kind: "sum", field: "sales" } } }],
    },
  ];
  expect(wrong).toHaveLength(7);
});
