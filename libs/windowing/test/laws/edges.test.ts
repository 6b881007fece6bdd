import { expect, test } from "vitest";
import { createTask, type TaskDefinition, type WindowAssigner } from "../../src/index.js";
import { throughJson, type VisitTask } from "./consumer.js";
import { countsOf, eager, judge, tumblingBy10 } from "./definitions.js";
import { type Visit, visit } from "./visit.js";

const LAST = 8.64e15;
const LONGEST = 1e14;
const everyTen = eager({ kind: "tumbling", sizeMs: 10 });

test("windows are half-open, and begin by mathematical floor", () => {
  expect(countsOf(everyTen, [-11, -10, -1, 0, 9, 10])).toEqual([
    [-20, -10, 1],
    [-10, 0, 2],
    [0, 10, 2],
    [10, 20, 1],
  ]);
  expect(countsOf(everyTen, [-0])).toEqual([[0, 10, 1]]);
  expect(countsOf(eager({ kind: "session", gapMs: 10 }), [-0])).toEqual([[0, 10, 1]]);
});

test("an offset moves the edges, backwards too", () => {
  expect(countsOf(eager({ kind: "tumbling", sizeMs: 10, offsetMs: -3 }), [-4, -3, 6, 7])).toEqual([
    [-13, -3, 1],
    [-3, 7, 2],
    [7, 17, 1],
  ]);
  expect(countsOf(eager({ kind: "hopping", sizeMs: 4, slideMs: 3, offsetMs: -1 }), [2])).toEqual([
    [-1, 3, 1],
    [2, 6, 1],
  ]);
});

test("a slide that does not divide the size gives an event now more, now fewer windows", () => {
  const uneven = eager({ kind: "hopping", sizeMs: 10, slideMs: 4 });
  expect(countsOf(uneven, [9]).map(([startMs]) => startMs)).toEqual([0, 4, 8]);
  expect(countsOf(uneven, [11]).map(([startMs]) => startMs)).toEqual([4, 8]);
});

test("times at either end of what a Date can hold are exact, with the longest window, delay and lateness", () => {
  const windows: WindowAssigner[] = [
    { kind: "tumbling", sizeMs: LONGEST },
    { kind: "tumbling", sizeMs: LONGEST, offsetMs: 1 - LONGEST },
    { kind: "hopping", sizeMs: LONGEST, slideMs: LONGEST - 1, offsetMs: LONGEST - 2 },
    { kind: "session", gapMs: LONGEST },
  ];
  for (const window of windows) {
    const longest = eager(window, { watermarkDelayMs: LONGEST, allowedLatenessMs: LONGEST, maxFutureSkewMs: LONGEST });
    const { verdicts, late } = judge(longest, [-LAST, LAST, -LAST], LAST);
    expect(verdicts).toEqual(["counted", "counted", "late"]);
    expect(late.map(({ watermarkMs }) => watermarkMs)).toEqual([LAST - LONGEST]);
    const bounds = countsOf(longest, [-LAST, LAST]).flatMap(([startMs, endMs]) => [startMs, endMs]);
    expect(bounds.every((bound) => Number.isSafeInteger(bound))).toBe(true);
  }
  expect(judge(everyTen, [LAST + 1, -LAST - 1]).verdicts).toEqual(["rejected", "rejected"]);
});

test("a time in seconds is rejected where it is no time in ms", () => {
  const inSeconds = { ...everyTen, time: { field: "at", unit: "s" } } as const;
  expect(judge(inSeconds, [LAST / 1000, LAST / 1000 + 1, 1.5]).verdicts).toEqual(["counted", "rejected", "rejected"]);
  expect(countsOf(inSeconds, [-1])).toEqual([[-1000, -990, 1]]);
});

test("an event between windows is in none of them", () => {
  const gaps = eager({ kind: "hopping", sizeMs: 4, slideMs: 10, gaps: true });
  expect(countsOf(gaps, [3, 4, 9, 10])).toEqual([
    [0, 4, 1],
    [10, 14, 1],
  ]);
});

test("the watermark that it begins with judges the first event, and holds until there is a higher one", () => {
  const begun = { ...everyTen, initialWatermarkMs: 10 };
  expect(judge(begun, [9, 12, 9]).verdicts).toEqual(["late", "counted", "late"]);
  const task = createTask(begun);
  expect(task.watermarkMs).toBe(10);
  task.step([visit(5)]);
  expect(task.watermarkMs).toBe(10);
  task.step([visit(15)]);
  expect(task.watermarkMs).toBe(15);
});

test("a watermark from outside raises, and never lowers", () => {
  const task = createTask(everyTen);
  task.advance(30);
  task.advance(20);
  expect(task.watermarkMs).toBe(30);
  expect(task.step([visit(19), visit(29), visit(30)]).verdicts).toEqual(["late", "late", "counted"]);
  task.advance(-Infinity);
  expect(task.checkpoint().watermarkMs).toBe(30);
});

test("where the watermark is given, events do not move it", () => {
  const task = createTask({ ...everyTen, watermarkDelayMs: "given" });
  expect(task.step([visit(1000), visit(0)]).verdicts).toEqual(["counted", "counted"]);
  expect(task.checkpoint()).toMatchObject({ watermarkMs: -Infinity, maxEventTimeMs: 1000 });
  task.advance(10);
  expect(task.step([visit(0), visit(1000)]).verdicts).toEqual(["late", "counted"]);
});

test.each([false, true])("the end of the stream closes all windows, for good; restored after it: %s", (restored) => {
  const definition: TaskDefinition<Visit> = { ...everyTen, output: "final", allowedLatenessMs: 7 };
  let task = createTask(definition);
  task.step([visit(3), visit(LAST)]);
  task.advance(Infinity);
  if (restored) task = createTask(definition, throughJson(task.snapshot()));
  expect(task.watermarkMs).toBe(Infinity);
  expect(task.checkpoint().changed[0]?.rows.map(({ windowStartMs }) => windowStartMs)).toEqual([0, LAST]);
  expect(task.step([visit(LAST)]).verdicts).toEqual(["late"]);
  expect(task.checkpoint().changed[0]?.rows).toEqual([]);
});

test("a checkpoint before any event has watermark -Infinity and no rows", () => {
  const { watermarkMs, maxEventTimeMs, changed } = createTask(tumblingBy10).checkpoint();
  expect([watermarkMs, maxEventTimeMs]).toEqual([-Infinity, -Infinity]);
  expect(changed).toEqual([{ rollup: "small", retracted: [], rows: [] }]);
});

test("a sum goes to the last safe integer; one more throws, and then the task refuses to go on with half a batch", () => {
  const task = createTask(tumblingBy10);
  task.step([visit(0, { sales: Number.MAX_SAFE_INTEGER - 1 }), visit(1)]);
  expect(task.checkpoint().changed[0]?.rows[0]?.values["sales"]).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => task.step([visit(2)])).toThrow(expect.objectContaining({ code: "sum-overflow" }));
  expectFailed(task);
});

test("sessions whose sums are one too many together throw when they merge", () => {
  const { rollups } = tumblingBy10;
  const task = createTask({ ...tumblingBy10, rollups: [{ ...rollups[0], window: { kind: "session", gapMs: 2 } }] });
  task.step([visit(0, { sales: Number.MAX_SAFE_INTEGER }), visit(4, { sales: 2 })]);
  // The three together would fit again, but no longer to the unit.
  expect(() => task.step([visit(2, { sales: -2 })])).toThrow(expect.objectContaining({ code: "sum-overflow" }));
  expectFailed(task);
});

test.each<WindowAssigner>([
  { kind: "tumbling", sizeMs: 10 },
  { kind: "session", gapMs: 10 },
])("more live ids than the bound throw; duplicates and expired ids are none of them: $kind", (window) => {
  const [rollup] = tumblingBy10.rollups;
  const task = createTask({ ...tumblingBy10, maxLiveIds: 2, rollups: [{ ...rollup, window }] });
  task.step([visit(0), visit(0), visit(-1), visit(-1)]);
  task.advance(15);
  expect(task.step([visit(20), visit(21), visit(21)]).verdicts).toEqual(["counted", "counted", "duplicate"]);
  expect(() => task.step([visit(22)])).toThrow(expect.objectContaining({ code: "too-many-ids" }));
  expectFailed(task);
});

test("what is held does not grow with the stream", () => {
  const windows: WindowAssigner[] = [
    { kind: "tumbling", sizeMs: 10 },
    { kind: "hopping", sizeMs: 10, slideMs: 3 },
    { kind: "session", gapMs: 4 },
  ];
  for (const window of windows) {
    const task = createTask(eager(window, { id: "id", watermarkDelayMs: 20, allowedLatenessMs: 5 }));
    const sizes = Array.from({ length: 1000 }, (_, at) => {
      task.step([visit(at * 10), visit(at * 10 + 5)]);
      task.checkpoint();
      return JSON.stringify(task.snapshot()).length;
    });
    expect(Math.max(...sizes)).toBeLessThan(4000);
  }
});

function expectFailed(task: Pick<VisitTask, "step" | "checkpoint" | "snapshot" | "advance">): void {
  for (const call of [() => task.step([]), () => task.checkpoint(), () => task.snapshot(), () => task.advance(99)]) {
    expect(call).toThrow(expect.objectContaining({ code: "task-failed" }));
  }
}
