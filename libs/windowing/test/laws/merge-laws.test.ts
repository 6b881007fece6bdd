import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createTask, type TaskDefinition } from "../../src/index.js";
import { throughJson } from "./consumer.js";
import { generatedDefinitions } from "./generated-definitions.js";
import { judgeNaively } from "./naive-model.js";
import { allRows, identify } from "./naive-rows.js";
import { type Visit, visit } from "./visit.js";

// Sessions merge in every shape and order as their events arrive in every order: ((a b) (c d)), (a (b (c d))), and so on.

const NOTHING_IS_LATE = 1_000_000;

const definitions = generatedDefinitions({ kinds: ["session"], outputs: ["update"], exact: true }).map(
  ({ initialWatermarkMs: _initial, maxFutureSkewMs: _skew, ...definition }): TaskDefinition<Visit> => ({
    ...definition,
    watermarkDelayMs: NOTHING_IS_LATE,
  }),
);

const visits = (maxLength: number): fc.Arbitrary<Visit[]> =>
  fc
    .array(
      fc.record({
        at: fc.integer({ min: -10, max: 10 }),
        city: fc.constantFrom("Bogor", "Bogor", "Depok"),
        sales: fc.integer({ min: -5, max: 2 ** 40 }),
        rate: fc.constantFrom(null, -1, 0, 2),
      }),
      { maxLength, size: "max" },
    )
    .map((drawn) => drawn.map(({ at, ...fields }, index) => visit(at, { ...fields, id: `id ${index}` })));

/** What is in the table at the end, by start; and so that nothing depends on how it got there, at one checkpoint. */
function sessionsOf(definition: TaskDefinition<Visit>, events: readonly Visit[], restoreAt = 0): unknown {
  const begun = createTask(definition);
  begun.step(events.slice(0, restoreAt));
  const task = restoreAt === 0 ? begun : createTask(definition, throughJson(begun.snapshot()));
  task.step(events.slice(restoreAt));
  const rows = task.checkpoint().changed[0]?.rows ?? [];
  return rows.toSorted((left, right) => (identify(left) < identify(right) ? -1 : 1));
}

test("all orders of arrival of up to five events give the same sessions, exact to the last bit", () => {
  fc.assert(
    fc.property(definitions, visits(5), (definition, events) => {
      const expected = sessionsOf(definition, events);
      for (const order of permutations(events)) expect(sessionsOf(definition, order)).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test("any order of arrival of many events, and a restore on the way, gives the sessions of the naive model", () => {
  const shuffled = visits(40).chain((events) =>
    fc.record({
      events: fc.constant(events),
      order: fc.shuffledSubarray(events, { minLength: events.length }),
      restoreAt: fc.integer({ min: 0, max: events.length }),
    }),
  );
  fc.assert(
    fc.property(definitions, shuffled, (definition, { events, order, restoreAt }) => {
      const readings = events.map((event) => ({ event, arrivalMs: -1, watermarkMs: -Infinity }));
      const expected = allRows(definition.rollups[0], judgeNaively(definition, readings).panes);
      expected.sort((left, right) => (identify(left) < identify(right) ? -1 : 1));
      expect(sessionsOf(definition, order, restoreAt)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

function permutations<T>(values: readonly T[]): T[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((first, at) => permutations(values.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}
