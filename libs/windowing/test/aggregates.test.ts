import { expect, test } from "vitest";
import { createTask, session, type Task, type TaskDefinition, tumbling } from "../src/index.js";
import { definition, visit, type Visit } from "./visit.js";

/** In the order of the aggregates. */
const firstValuesOf = (task: Task<TaskDefinition<Visit>>) =>
  Object.values(task.checkpoint().changed[0]?.rows[0]?.values ?? {});

function valuesOf(rates: readonly (number | null)[], sales: readonly number[] = rates.map(() => 1)) {
  const task = createTask(definition);
  task.step(rates.map((rate, at) => visit(0, { rate, sales: sales[at] ?? 0 })));
  return firstValuesOf(task);
}

test("values stand in the order of the aggregates' names: events, sales, rate_sum, rate_count", () => {
  expect(valuesOf([0.5, 0.25], [3, 4])).toEqual([2, 7, 0.75, 2]);
});

test("nulls are left out of a sum and of count-non-null, and are no zeros in count-non-null", () => {
  expect(valuesOf([null, 0, 0.5, null])).toEqual([4, 4, 0.5, 2]);
  expect(valuesOf([null])).toEqual([1, 1, 0, 0]);
});

test("doubles are added in the order of input", () => {
  expect(valuesOf([1e16, 1, -1e16])[2]).toBe(0);
  expect(valuesOf([1e16, -1e16, 1])[2]).toBe(1);
});

test("integers are summed up to the last exact one, and one more throws", () => {
  expect(valuesOf([0, 0], [Number.MAX_SAFE_INTEGER - 1, 1])[1]).toBe(Number.MAX_SAFE_INTEGER);
  expect(valuesOf([0, 0], [-Number.MAX_SAFE_INTEGER, 0])[1]).toBe(-Number.MAX_SAFE_INTEGER);
  const message = /Sum "sales" of rollup "small", window 0, keys \["Bogor"\], left what can be summed/;
  expect(() => valuesOf([0, 0], [Number.MAX_SAFE_INTEGER, 1])).toThrow(message);
  expect(() => valuesOf([0, 0], [-Number.MAX_SAFE_INTEGER, -1])).toThrow(message);
});

test("a sum of doubles that is no longer finite throws", () => {
  expect(valuesOf([1e308, 1e307])[2]).toBe(1.1e308);
  expect(() => valuesOf([1e308, 1e308])).toThrow('Sum "rate_sum"');
});

test("a mean of integers throws where its sum is no longer exact; one of doubles does not", () => {
  const meanOf = (of: "integer" | "double") => () => {
    const mean = { kind: "mean", field: "sales", of } as const;
    const rollups = [{ name: "visits", window: tumbling(10), keys: [], aggregates: { mean } }] as const;
    createTask({ ...definition, rollups }).step([visit(0, { sales: Number.MAX_SAFE_INTEGER }), visit(0)]);
  };
  expect(meanOf("integer")).toThrow('Sum "mean"');
  expect(meanOf("double")).not.toThrow();
});

test("a session's sum throws by an event and by a merge, though it is the first of the aggregates", () => {
  const sales = { kind: "sum", field: "sales", of: "integer" } as const;
  const rollups = [{ name: "visits", window: session(10), keys: ["city"], aggregates: { sales } }] as const;
  const sum = (...visits: [at: number, sales: number][]) =>
    createTask({ ...definition, rollups }).step(visits.map(([at, each]) => visit(at, { sales: each })));
  expect(() => sum([0, Number.MAX_SAFE_INTEGER - 1], [20, 1], [10, 0])).not.toThrow();
  const message = /Sum "sales" of rollup "visits", window 0, keys \["Bogor"\], left what can be summed/;
  expect(() => sum([0, Number.MAX_SAFE_INTEGER], [5, 1])).toThrow(message);
  expect(() => sum([0, Number.MAX_SAFE_INTEGER], [20, 1], [10, -1])).toThrow(message);
});

test("a field that is both summed and counted, in any order of the aggregates, is read by the stricter demand", () => {
  const both: TaskDefinition<Visit> = {
    ...definition,
    rollups: [
      {
        name: "only",
        window: tumbling(10),
        keys: [],
        aggregates: {
          count: { kind: "count-non-null", field: "sales" },
          asDouble: { kind: "sum", field: "sales", of: "double" },
          asInteger: { kind: "sum", field: "sales", of: "integer" },
        },
      },
    ],
  };
  const task = createTask(both);
  const { verdicts } = task.step([visit(0, { sales: 2 }), visit(0, { sales: 2.5 })]);
  expect(verdicts).toEqual(["counted", "rejected"]);
  expect(firstValuesOf(task)).toEqual([1, 2, 2]);
});
