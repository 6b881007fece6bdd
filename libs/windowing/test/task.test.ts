import { expect, test } from "vitest";
import { createTask, type TaskDefinition } from "../src/index.js";
import { definition, record, visit, type Visit } from "./visit.js";

function judge(events: readonly (Visit | null)[], changed: Partial<TaskDefinition<Visit>> = {}, arrivalMs = -1) {
  return createTask({ ...definition, ...changed }).step(events.map((event) => record(event, arrivalMs)));
}

test("an event behind the watermark is not late while its window is open", () => {
  // Watermark 24: window [0, 10) takes events until 15, window [10, 20) until 25.
  expect(judge([visit(44), visit(10)]).verdicts).toEqual(["counted", "counted"]);
  expect(judge([visit(44), visit(9)])).toMatchObject({
    verdicts: ["counted", "late"],
    late: [{ index: 1, watermarkMs: 24, missedByMs: 9 }],
  });
});

test("an event is late at the very watermark that closes its window", () => {
  expect(judge([visit(34), visit(9)]).verdicts).toEqual(["counted", "counted"]);
  expect(judge([visit(35), visit(9)]).late).toEqual([{ index: 1, watermarkMs: 15, missedByMs: 0 }]);
});

test("an event is judged by the watermark before it, so it is never late by its own time", () => {
  const eager = { watermarkDelayMs: 0, allowedLatenessMs: 0 };
  expect(judge([visit(9), visit(10), visit(10), visit(9)], eager).verdicts).toEqual([
    "counted",
    "counted",
    "counted",
    "late",
  ]);
});

test("an event too far ahead of its arrival is quarantined: it moves no watermark, and its id may still be counted", () => {
  const { verdicts, quarantined } = judge(
    [visit(106, { id: "a" }), visit(105, { id: "b" }), visit(99, { id: "a" })],
    {},
    100,
  );
  expect(verdicts).toEqual(["quarantined", "counted", "counted"]);
  expect(quarantined).toEqual([{ index: 0, watermarkMs: -Infinity, aheadMs: 1 }]);
});

test("a record without a timestamp has no future guard", () => {
  expect(judge([visit(1_000_000)]).verdicts).toEqual(["counted"]);
});

test("a duplicate moves the watermark", () => {
  expect(judge([visit(0, { id: "a" }), visit(35, { id: "a" }), visit(0)]).verdicts).toEqual([
    "counted",
    "duplicate",
    "late",
  ]);
});

test("an id counts again once its window closed, and a duplicate does not prolong its life", () => {
  const ids = [visit(0, { id: "a" }), visit(30, { id: "a" }), visit(35), visit(30, { id: "a" })];
  expect(judge(ids).verdicts).toEqual(["counted", "duplicate", "counted", "counted"]);
});

test("what is both late and a duplicate is late; what is both quarantined and a duplicate is quarantined", () => {
  expect(judge([visit(0, { id: "a" }), visit(35), visit(0, { id: "a" })]).verdicts[2]).toBe("late");
  expect(judge([visit(0, { id: "a" }), visit(9, { id: "a" })], {}, 0).verdicts[1]).toBe("quarantined");
});

test("a late event's id is not remembered", () => {
  expect(judge([visit(35), visit(0, { id: "a" }), visit(20, { id: "a" })]).verdicts).toEqual([
    "counted",
    "late",
    "counted",
  ]);
});

test("no event is a rejection, and carries the watermark that stood", () => {
  expect(judge([null, visit(30), null]).rejected).toEqual([
    { index: 0, watermarkMs: -Infinity, field: null },
    { index: 2, watermarkMs: 10, field: null },
  ]);
});

test("a checkpoint before any event has watermark -Infinity and no rows", () => {
  const { watermarkMs, maxEventTimeMs, changed } = createTask(definition).checkpoint();
  expect([watermarkMs, maxEventTimeMs]).toEqual([-Infinity, -Infinity]);
  expect(changed).toEqual([
    { rollup: "small", rows: [] },
    { rollup: "large", rows: [] },
  ]);
});

test("what is held does not grow with the stream", () => {
  const task = createTask(definition);
  const sizes = [];
  for (let time = 0; time < 10_000; time += 10) {
    task.step([record(visit(time)), record(visit(time + 5))]);
    task.checkpoint();
    sizes.push(task.size());
  }
  expect(Math.max(...sizes.map(({ windows }) => windows))).toBeLessThanOrEqual(5);
  expect(Math.max(...sizes.map(({ ids }) => ids))).toBeLessThanOrEqual(7);
});

test("after more live ids than the bound, a task refuses to go on with half a batch", () => {
  const task = createTask({ ...definition, maxLiveIds: 2 });
  task.step([record(visit(0)), record(visit(1))]);
  expect(() => task.step([record(visit(2))])).toThrow(expect.objectContaining({ code: "too-many-ids" }));
  for (const call of [() => task.step([]), () => task.checkpoint(), () => task.snapshot()]) {
    expect(call).toThrow(expect.objectContaining({ code: "task-failed" }));
  }
});
