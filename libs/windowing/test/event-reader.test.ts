import { expect, test } from "vitest";
import { createTask, MAX_TIME_MS, type TaskDefinition } from "../src/index.js";
import { definition, visit, type Visit } from "./visit.js";

function rejects(fields: object, changed: Partial<TaskDefinition<Visit>> = {}) {
  const task = createTask({ ...definition, ...changed });
  return task.step([visit(0), { ...visit(0), ...fields } as Visit]).rejected;
}

test.each([
  ["id", undefined],
  ["id", 7],
  ["id", Int32Array.of(1, 2, 3)],
  ["at", Number.NaN],
  ["at", 0.5],
  ["at", -Infinity],
  ["at", "12"],
  ["at", null],
  ["at", MAX_TIME_MS + 1],
  ["at", -MAX_TIME_MS - 1],
  ["at", 2 ** 53],
  ["city", null],
  ["sales", null],
  ["sales", 1.5],
  ["sales", "1"],
  ["sales", 2 ** 53],
  ["rate", Number.NaN],
  ["rate", Infinity],
  ["rate", "0.5"],
])("an event whose %s is %s is rejected, with the field and the watermark", (field, value) => {
  expect(rejects({ [field]: value })).toEqual([{ index: 1, watermarkMs: -20, field }]);
});

test("seconds are read as seconds, and rejected where they are no time in ms", () => {
  const time = { field: "at", unit: "s" } as const;
  const task = createTask({ ...definition, time });
  task.step([visit(-2)]);
  expect(task.checkpoint().maxEventTimeMs).toBe(-2000);
  expect(rejects({ at: MAX_TIME_MS / 1000 + 1 }, { time })).toHaveLength(1);
  expect(rejects({ at: MAX_TIME_MS / 1000 }, { time })).toEqual([]);
});

test("time -0 is 0, so that a watermark comes back from JSON as it went", () => {
  const task = createTask({ ...definition, watermarkDelayMs: 0 });
  task.step([visit(-0)]);
  expect(task.checkpoint().watermarkMs).toBe(0);
});

test("a field that no aggregate names may hold anything", () => {
  expect(rejects({ platform: 7 })).toEqual([]);
});

test("undefined is a null", () => {
  expect(rejects({ rate: undefined })).toEqual([]);
});
