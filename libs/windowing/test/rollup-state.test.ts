import { expect, test } from "vitest";
import { createTask } from "../src/index.js";
import { aggregates, definition, record, visit } from "./visit.js";

test("rows come in the order of their first change, with their keys in the order of the definition", () => {
  const task = createTask({
    ...definition,
    rollups: [{ name: "only", sizeMs: 10, keys: ["platform", "city"], aggregates: { events: { kind: "count" } } }],
  });
  task.step([visit(15), visit(3, { city: "Depok" }), visit(12)].map((event) => record(event)));
  expect(task.checkpoint().changed).toEqual([
    {
      rollup: "only",
      rows: [
        { windowStartMs: 10, keys: ["X", "Bogor"], values: [2] },
        { windowStartMs: 0, keys: ["X", "Depok"], values: [1] },
      ],
    },
  ]);
});

test("a checkpoint gives only what changed since the last, with absolute values", () => {
  const task = createTask(definition);
  task.step([record(visit(1)), record(visit(11))]);
  task.checkpoint();
  task.step([record(visit(2))]);
  const starts = task
    .checkpoint()
    .changed.map(({ rows }) => rows.map(({ windowStartMs, values }) => [windowStartMs, values[0]]));
  expect(starts).toEqual([[[0, 2]], [[0, 3]]]);
  expect(task.checkpoint().changed.every(({ rows }) => rows.length === 0)).toBe(true);
});

test("what a checkpoint or a snapshot gave out does not change afterwards", () => {
  const task = createTask(definition);
  task.step([record(visit(1))]);
  const snapshot = task.snapshot();
  const checkpoint = task.checkpoint();
  const before = structuredClone([checkpoint, snapshot]);
  task.step([record(visit(1)), record(visit(100))]);
  task.checkpoint();
  expect([checkpoint, snapshot]).toEqual(before);
});

test("keys that would be alike when joined stay apart, as do keys that are names of Object's properties", () => {
  const task = createTask({
    ...definition,
    rollups: [{ name: "only", sizeMs: 10, keys: ["city", "platform"], aggregates }],
  });
  const pairs = [
    ["a|b", "c"],
    ["a", "b|c"],
    ["", "a"],
    ["a", ""],
    ["__proto__", "constructor"],
  ] as const;
  task.step(pairs.map(([city, platform]) => record(visit(0, { city, platform }))));
  expect(task.checkpoint().changed[0]?.rows.map(({ keys }) => keys)).toEqual(pairs);
});

test("a rollup's window outlives the base windows in it, and a restored one goes on", () => {
  const first = createTask(definition);
  first.step([record(visit(1)), record(visit(44))]);
  first.checkpoint();
  expect(first.size()).toEqual({ windows: 3, ids: 1 });

  const second = createTask(definition, first.snapshot());
  second.step([record(visit(29))]);
  expect(second.checkpoint().changed.map(({ rows }) => rows.map(({ values }) => values[0]))).toEqual([[1], [2]]);
});
