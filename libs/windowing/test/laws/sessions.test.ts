import { expect, test } from "vitest";
import { createTask, custom, type TaskDefinition } from "../../src/index.js";
import { countsOf, eager, judge } from "./definitions.js";
import { type Visit, visit } from "./visit.js";

const gapOf10 = eager({ kind: "session", gapMs: 10 });
const patient = eager({ kind: "session", gapMs: 10 }, { watermarkDelayMs: 1000, id: "id" });

test("events exactly a gap apart are one session; one more apart are two", () => {
  expect(countsOf(patient, [0, 10])).toEqual([[0, 20, 2]]);
  expect(countsOf(patient, [0, 11])).toEqual([
    [0, 10, 1],
    [11, 21, 1],
  ]);
});

test("an event merges all that it touches, and all that those touch", () => {
  expect(countsOf(patient, [0, 20, 40, 10, 30])).toEqual([[0, 50, 5]]);
  expect(countsOf(patient, [0, 22, 11])).toHaveLength(3);
});

test("equal times are one session", () => {
  expect(countsOf(gapOf10, [7, 7, 7])).toEqual([[7, 17, 3]]);
});

test("more sessions than a table begins with are each what they would be alone", () => {
  const times = Array.from({ length: 70 }, (_, at) => at * 11);
  expect(countsOf(patient, times)).toEqual(times.map((at) => [at, at + 10, 1]));
});

test("sessions of other keys are no neighbours", () => {
  const rollup = { ...patient.rollups[0], keys: ["city"] as const };
  const task = createTask({ ...patient, rollups: [rollup] });
  task.step([visit(0), visit(4, { city: "Depok" }), visit(8)]);
  const rows = task.checkpoint().changed[0]?.rows ?? [];
  expect(rows.map(({ keys, windowStartMs, windowEndMs }) => [keys, windowStartMs, windowEndMs])).toEqual(
    expect.arrayContaining([
      [{ city: "Bogor" }, 0, 18],
      [{ city: "Depok" }, 4, 14],
    ]),
  );
});

test("an event whose own window is closed is counted where it joins one that is open", () => {
  const task = createTask(eager({ kind: "session", gapMs: 3000 }, { allowedLatenessMs: 10 }));
  task.step([visit(11_600)]);
  task.advance(14_600);
  // [10000, 13000) is closed, and [11600, 14600) is not.
  expect(task.step([visit(10_000)]).verdicts).toEqual(["counted"]);
  task.advance(14_610);
  expect(task.step([visit(10_000)]).late).toEqual([{ index: 0, watermarkMs: 14_610, missedByMs: 1600 }]);
});

test("a session that is closed takes no more, and an event beside it begins another", () => {
  const task = createTask(gapOf10);
  task.step([visit(0), visit(15), visit(9)]);
  const rows = task.checkpoint().changed[0]?.rows ?? [];
  expect(rows.map(({ windowStartMs, windowEndMs }) => [windowStartMs, windowEndMs]).toSorted()).toEqual([
    [0, 10],
    [9, 25],
  ]);
});

test("a session that grows to the very start of one that is closed, or before it, goes on as one", () => {
  const task = createTask(eager({ kind: "session", gapMs: 2 }, { watermarkDelayMs: "given", output: "final" }));
  task.step([visit(0)]);
  task.advance(2);
  task.step([visit(1), visit(0), visit(-1), visit(2), visit(3)]);
  task.advance(Infinity);
  const rows = task.checkpoint().changed[0]?.rows ?? [];
  expect(rows.map(({ windowStartMs, windowEndMs, values }) => [windowStartMs, windowEndMs, values["events"]])).toEqual([
    [0, 2, 1],
    [-1, 5, 5],
  ]);
});

test("what was given out under bounds that are no longer is retracted, once, and what was not is not", () => {
  const task = createTask(patient);
  const changedBy = (...times: number[]) => {
    task.step(times.map((at) => visit(at)));
    const { retracted = [], rows = [] } = task.checkpoint().changed[0] ?? {};
    const bounds = (all: readonly { windowStartMs: number; windowEndMs: number }[]) =>
      all.map(({ windowStartMs, windowEndMs }) => [windowStartMs, windowEndMs] as const).toSorted(([a], [b]) => a - b);
    return { retracted: bounds(retracted), rows: bounds(rows) };
  };
  expect(changedBy(0, 5)).toEqual({ retracted: [], rows: [[0, 15]] });
  expect(changedBy(7)).toEqual({ retracted: [[0, 15]], rows: [[0, 17]] });
  expect(changedBy(3)).toEqual({ retracted: [], rows: [[0, 17]] });
  expect(changedBy(30)).toEqual({ retracted: [], rows: [[30, 40]] });
  expect(changedBy(20, 17)).toEqual({
    retracted: [
      [0, 17],
      [30, 40],
    ],
    rows: [[0, 40]],
  });
  expect(changedBy()).toEqual({ retracted: [], rows: [] });
});

test("a retracted row says its keys and its bounds, and no values", () => {
  const task = createTask(patient);
  task.step([visit(0)]);
  task.checkpoint();
  task.step([visit(1)]);
  expect(task.checkpoint().changed[0]?.retracted).toEqual([{ windowStartMs: 0, windowEndMs: 10, keys: {} }]);
});

test("final output has no retractions, and each session once", () => {
  const task = createTask({ ...gapOf10, output: "final" });
  const given = [0, 5, 12, 40, 60].map((at) => {
    task.step([visit(at)]);
    const { retracted = [], rows = [] } = task.checkpoint().changed[0] ?? {};
    expect(retracted).toEqual([]);
    return rows.map(({ windowStartMs, windowEndMs }) => [windowStartMs, windowEndMs]);
  });
  expect(given).toEqual([[], [], [], [[0, 22]], [[40, 50]]]);
});

test("an id lives until the session that it was counted in closes, however that has grown", () => {
  const dedup = eager({ kind: "session", gapMs: 10 }, { id: "id" });
  const again = (...times: number[]) => {
    const { verdicts } = judge(dedup, [visit(0, { id: "a" }), ...times, visit(100, { id: "a" })]);
    return verdicts.at(-1);
  };
  expect([again(9), again(9, 18), again(9, 19), again(9, 30)]).toEqual([
    "duplicate",
    "duplicate",
    "duplicate",
    "counted",
  ]);
});

test("an id of a session that was merged into another lives as long as that one", () => {
  const dedup = eager({ kind: "session", gapMs: 10 }, { id: "id", watermarkDelayMs: 10 });
  const visits = [visit(0, { id: "a" }), 18, 9, visit(36), visit(100, { id: "a" }), visit(38), visit(100, { id: "a" })];
  expect(judge(dedup, visits).verdicts).toEqual([
    "counted",
    "counted",
    "counted",
    "counted",
    "duplicate",
    "late",
    "counted",
  ]);
});

test("a duplicate neither grows a session nor begins one", () => {
  const task = createTask(patient);
  task.step([visit(0, { id: "a" }), visit(5, { id: "a" }), visit(50, { id: "a" })]);
  const rows = task.checkpoint().changed[0]?.rows ?? [];
  expect(rows).toMatchObject([{ windowStartMs: 0, windowEndMs: 10, values: { events: 1 } }]);
});

test("merging gives an aggregate of one's own the earlier session first", () => {
  const path = custom<Visit>()({
    create: () => "",
    add: (trace, { at }) => `${trace}${at} `,
    merge: (left, right) => `(${left})(${right})`,
    result: (trace) => trace,
  });
  const rollups: TaskDefinition<Visit>["rollups"] = [{ ...patient.rollups[0], aggregates: { path } }];
  const task = createTask({ ...patient, rollups });
  task.step([visit(20), visit(0), visit(10)]);
  expect(String(task.checkpoint().changed[0]?.rows[0]?.values["path"])).toMatch(/\(.*0 .*\).*\(.*20 .*\)/);
});
