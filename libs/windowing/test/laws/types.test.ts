import { expectTypeOf, test } from "vitest";
import {
  createOperator,
  createTask,
  custom,
  defineOperator,
  defineTask,
  type Mean,
  type RowOf,
  type TaskDefinition,
} from "../../src/index.js";
import type { Visit } from "./visit.js";

// Checked by the type check; at run time nothing of it matters.

const base = {
  time: { field: "at", unit: "ms" },
  watermarkDelayMs: 0,
  allowedLatenessMs: 0,
} as const;

const visits = defineTask<Visit>()({
  ...base,
  id: "id",
  rollups: [
    {
      name: "small",
      window: { kind: "tumbling", sizeMs: 10 },
      keys: ["city", "platform"],
      aggregates: {
        events: { kind: "count" },
        sales: { kind: "sum", field: "sales", of: "integer" },
        rated: { kind: "count-non-null", field: "rate" },
        least: { kind: "min", field: "rate" },
        most: { kind: "max", field: "rate" },
        rate: { kind: "mean", field: "rate", of: "double" },
        platforms: custom<Visit>()({
          create: () => new Array<string>(),
          add: (all, { platform }) => [...all, platform],
          merge: (left, right) => [...left, ...right],
          result: (all) => ({ count: all.length, first: all.at(0) ?? null }),
        }),
      },
    },
    { name: "large", window: { kind: "tumbling", sizeMs: 30 }, keys: [], aggregates: { all: { kind: "count" } } },
  ],
});

test("rows have the keys and the results that the definition names", () => {
  const [small, large] = createTask(visits).checkpoint().changed;
  expectTypeOf(small.rollup).toEqualTypeOf<"small">();
  expectTypeOf(large.rollup).toEqualTypeOf<"large">();

  type Small = (typeof small.rows)[number];
  expectTypeOf<Small["keys"]>().toEqualTypeOf<{ readonly city: string; readonly platform: string }>();
  expectTypeOf<Small["values"]["events"]>().toEqualTypeOf<number>();
  expectTypeOf<Small["values"]["sales"]>().toEqualTypeOf<number>();
  expectTypeOf<Small["values"]["rated"]>().toEqualTypeOf<number>();
  expectTypeOf<Small["values"]["least"]>().toEqualTypeOf<number | null>();
  expectTypeOf<Small["values"]["most"]>().toEqualTypeOf<number | null>();
  expectTypeOf<Small["values"]["rate"]>().toEqualTypeOf<Mean>();
  expectTypeOf<Small["values"]["platforms"]>().toEqualTypeOf<{ count: number; first: string | null }>();
  expectTypeOf<Small["windowStartMs"]>().toEqualTypeOf<number>();
  expectTypeOf<keyof Small["values"]>().toEqualTypeOf<
    "events" | "sales" | "rated" | "least" | "most" | "rate" | "platforms"
  >();

  type Large = (typeof large.rows)[number];
  expectTypeOf<keyof Large["keys"]>().toEqualTypeOf<never>();
  expectTypeOf<Large["values"]>().toEqualTypeOf<{ readonly all: number }>();
  expectTypeOf<keyof (typeof small.retracted)[number]>().toEqualTypeOf<"windowStartMs" | "windowEndMs" | "keys">();
  expectTypeOf<Small>().toExtend<RowOf>();
});

test("a field whose values are of another type does not compile", () => {
  const rollup = { name: "tens", window: { kind: "tumbling", sizeMs: 10 }, keys: [], aggregates: {} } as const;
  const define = (): void => {
    // @ts-expect-error an id is text
    defineTask<Visit>()({ ...base, id: "sales", rollups: [rollup] });
    // @ts-expect-error a time is a number
    defineTask<Visit>()({ ...base, time: { field: "city", unit: "ms" }, rollups: [rollup] });
    // @ts-expect-error a key is text
    defineTask<Visit>()({ ...base, rollups: [{ ...rollup, keys: ["at"] }] });
    const ofText = { kind: "sum", field: "city", of: "integer" } as const;
    // @ts-expect-error what is summed is a number
    defineTask<Visit>()({ ...base, rollups: [{ ...rollup, aggregates: { sum: ofText } }] });
    const ofNulls = { kind: "sum", field: "rate", of: "integer" } as const;
    // @ts-expect-error a sum of integers takes no nulls
    defineTask<Visit>()({ ...base, rollups: [{ ...rollup, aggregates: { sum: ofNulls } }] });
  };
  expectTypeOf(define).toBeFunction();
});

test("a task takes the events that it was defined for, and null", () => {
  expectTypeOf(createTask(visits).step).parameter(0).toEqualTypeOf<readonly (Visit | null)[]>();
  const step = (): void => {
    // @ts-expect-error an event has all fields
    createTask(visits).step([{ id: "a", at: 1 }]);
    // @ts-expect-error arrivals are numbers
    createTask(visits).step([], ["1"]);
  };
  expectTypeOf(step).toBeFunction();
});

test("a definition that is not literal gives rows of any rollup", () => {
  const definition = { ...base, rollups: visits.rollups } as TaskDefinition<Visit>;
  const task = createTask(definition);
  expectTypeOf(task.step).parameter(0).toEqualTypeOf<readonly (Visit | null)[]>();
  const [changed] = task.checkpoint().changed;
  expectTypeOf(changed.rollup).toEqualTypeOf<string>();
});

test("an operator's rows are typed as a task's, and say their source", () => {
  const definition = defineOperator<Visit>()({ ...base, rollups: visits.rollups, sources: { judgedBy: "source" } });
  const [part] = createOperator(definition).checkpoint().parts;
  expectTypeOf(part?.source).toEqualTypeOf<string | null | undefined>();
  expectTypeOf(part?.changed[1].rows[0]?.values.all).toEqualTypeOf<number | undefined>();
  // @ts-expect-error sources are judged by source or overall
  defineOperator<Visit>()({ ...base, rollups: visits.rollups, sources: { judgedBy: "each" } });
  // @ts-expect-error there is no such choice
  defineOperator<Visit>()({ ...base, rollups: visits.rollups, sources: { judgedBy: "overall", whenAllIdle: "close" } });
});

const define = defineTask<Visit>();
const [small] = visits.rollups;
const { window } = small;
const aggregates = { events: { kind: "count" } } as const;
const rollup = { name: "a", window, keys: [], aggregates } as const;

test("a definition with a field that the event does not have does not compile", () => {
  expectTypeOf(define).toBeFunction();
  // @ts-expect-error no such time field
  define({ ...base, time: { field: "when", unit: "ms" }, rollups: [rollup] });
  // @ts-expect-error no such id field
  define({ ...base, id: "uuid", rollups: [rollup] });
  // @ts-expect-error no such key
  define({ ...base, rollups: [{ ...rollup, keys: ["town"] }] });
  // @ts-expect-error no such key in the second rollup
  define({ ...base, rollups: [rollup, { ...rollup, name: "b", keys: ["town"] }] });
  // @ts-expect-error no such field to sum
  define({ ...base, rollups: [{ ...rollup, aggregates: { sum: { kind: "sum", field: "sale", of: "integer" } } }] });
  // @ts-expect-error no such field to count
  define({ ...base, rollups: [{ ...rollup, aggregates: { rated: { kind: "count-non-null", field: "rates" } } }] });
  // @ts-expect-error no such field
  define({ ...base, rollups: [{ ...rollup, aggregates: { least: { kind: "min", field: "rates" } } }] });
  // @ts-expect-error no such field
  define({ ...base, rollups: [{ ...rollup, aggregates: { most: { kind: "max", field: "rates" } } }] });
  // @ts-expect-error no such field
  define({ ...base, rollups: [{ ...rollup, aggregates: { mean: { kind: "mean", field: "rates", of: "double" } } }] });
});

test("a definition with a value of another kind does not compile", () => {
  expectTypeOf(define).toBeFunction();
  // @ts-expect-error no such unit
  define({ ...base, time: { field: "at", unit: "min" }, rollups: [rollup] });
  // @ts-expect-error one rollup at least
  define({ ...base, rollups: [] });
  // @ts-expect-error no such output
  define({ ...base, output: "append", rollups: [rollup] });
  // @ts-expect-error a delay is a number, or given
  define({ ...base, watermarkDelayMs: "5m", rollups: [rollup] });
  // @ts-expect-error a lateness has to be said
  define({ time: base.time, watermarkDelayMs: 0, rollups: [rollup] });
  // @ts-expect-error a sum says of what
  define({ ...base, rollups: [{ ...rollup, aggregates: { sum: { kind: "sum", field: "sales" } } }] });
  // @ts-expect-error no such aggregate
  define({ ...base, rollups: [{ ...rollup, aggregates: { middle: { kind: "median", field: "sales" } } }] });
  // @ts-expect-error a hopping window has a slide
  define({ ...base, rollups: [{ ...rollup, window: { kind: "hopping", sizeMs: 10 } }] });
  // @ts-expect-error a session has a gap, and no size
  define({ ...base, rollups: [{ ...rollup, window: { kind: "session", sizeMs: 10 } }] });
});

test("an aggregate of one's own is of the definition's events", () => {
  const ofOthers = custom<{ readonly town: string }>()({
    create: () => 0,
    add: (count, { town }) => count + town.length,
    merge: (left, right) => left + right,
    result: (count) => count,
  });
  expectTypeOf(ofOthers.result).returns.toEqualTypeOf<number>();
  // @ts-expect-error a visit has no town
  define({ ...base, rollups: [{ ...rollup, aggregates: { ofOthers } }] });
  // @ts-expect-error add returns what create does
  custom<Visit>()({ create: () => 0, add: (_, { city }) => city, merge: (left) => left, result: (all) => all });
});
