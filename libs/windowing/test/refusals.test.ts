import { describe, expect, test } from "vitest";
import {
  assignWindows,
  createOperator,
  createTask,
  createWatermarks,
  defineOperator,
  type OperatorDefinition,
  type OperatorInput,
  type OperatorSnapshot,
  RefusedValueError,
  type Snapshot,
  type TaskDefinition,
  tumbling,
  type WatermarksDefinition,
  WindowingError,
} from "../src/index.js";
import { definition, visit, type Visit } from "./visit.js";

const [base] = definition.rollups;

const operatorOf = (judgedBy: "source" | "overall") =>
  defineOperator<Visit>()({
    id: "id",
    time: { field: "at", unit: "ms" },
    watermarkDelayMs: 20,
    allowedLatenessMs: 5,
    rollups: [{ name: "tens", window: tumbling(10), keys: ["city"], aggregates: { n: { kind: "count" } } }],
    sources: { judgedBy },
  });

const begin = (changed: unknown) => () => createTask(changed as TaskDefinition<Visit>);

describe("a definition", () => {
  test.each([
    [undefined, "definition"],
    [null, "definition"],
    [{ ...definition, maxFutureSkew: 5 }, "definition.maxFutureSkew"],
    [{ ...definition, time: undefined }, "time"],
    [{ ...definition, rollups: [null] }, "rollups[0]"],
    [{ ...definition, rollups: [{ ...base, keys: "city" }] }, "rollups[0].keys"],
    [{ ...definition, rollups: [{ ...base, keys: ["__proto__"] }] }, "rollups[0].keys[0]"],
    [{ ...definition, rollups: [{ ...base, aggregates: undefined }] }, "rollups[0].aggregates"],
    [{ ...definition, rollups: [{ ...base, aggregates: { n: null } }] }, "rollups[0].aggregates.n.kind"],
    [{ ...definition, rollups: [{ ...base, window: { ...tumbling(10), offset: 3 } }] }, "rollups[0].window.offset"],
    [
      { ...definition, rollups: [{ ...base, window: { kind: "hopping", sizeMs: 1e9, slideMs: 1 } }] },
      "rollups[0].window.slideMs",
    ],
    [{ ...definition, watermarkDelayMs: 1n }, "watermarkDelayMs"],
  ])("%o is refused, naming %s", (changed, field) => {
    expect(begin(changed)).toThrow(RefusedValueError);
    expect(begin(changed)).toThrow(`The task definition's ${field} is`);
  });

  test.each([
    [{ ...operatorOf("source"), sources: undefined }, "sources"],
    [{ ...operatorOf("source"), sources: { judgedBy: "all" } }, "sources.judgedBy"],
    [{ ...operatorOf("source"), sources: { judgedBy: "overall", idle: 1 } }, "sources.idle"],
  ])("of an operator, %o is refused, naming %s", (changed, field) => {
    const create = () => createOperator(changed as OperatorDefinition<Visit>);
    expect(create).toThrow(`The task definition's ${field} is`);
  });

  test("of watermarks is refused where it is none, or a word is misspelt", () => {
    expect(() => createWatermarks(undefined as unknown as WatermarksDefinition)).toThrow(RefusedValueError);
    expect(() => createWatermarks({ delayMs: 1, idleTimeout: 5 } as WatermarksDefinition)).toThrow(
      "watermarks.idleTimeout",
    );
  });

  test("an assigner that could not end is refused by assignWindows too", () => {
    expect(() => assignWindows({ kind: "hopping", sizeMs: 10, slideMs: -1 }, 0)).toThrow("slideMs");
  });
});

describe("an input", () => {
  test("arrivals that are not as many as events are refused, and nothing is changed", () => {
    const task = createTask(definition);
    const before = task.snapshot();
    expect(() => task.step([visit(1), visit(2)], [1])).toThrow("arrivalsMs");
    expect(() => task.step("events" as unknown as [])).toThrow("events");
    expect(task.snapshot()).toEqual(before);
    expect(task.step([visit(1)], [1]).verdicts).toEqual(["counted"]);
  });

  test("an arrival that is no number rejects its event, where there is a guard", () => {
    const { rejected } = createTask(definition).step([visit(1), visit(2)], [Number.NaN, 2]);
    expect(rejected).toEqual([{ index: 0, watermarkMs: -Infinity, field: null }]);
    const { maxFutureSkewMs: _none, ...unguarded } = definition;
    expect(createTask(unguarded).step([visit(1)], [Number.NaN]).verdicts).toEqual(["counted"]);
  });

  test.each([Number.NaN, 0.5, "7", 1n])("watermark %s is refused", (watermarkMs) => {
    expect(() => createTask(definition).advance(watermarkMs as number)).toThrow(WindowingError);
  });

  test.each([
    [{ kind: "event", source: "a", events: [] }, "kind"],
    [{ kind: "add-source" }, "source"],
    [{ kind: "events", source: undefined, events: [] }, "source"],
    [{ kind: "tick", nowMs: Number.NaN, fullyRead: ["a"] }, "nowMs"],
    [{ kind: "tick", fullyRead: ["a"] }, "nowMs"],
  ])("of an operator, %o is refused, naming %s", (input, field) => {
    const operator = createOperator(operatorOf("overall"));
    expect(() => operator.step(input as unknown as OperatorInput<Visit>)).toThrow(`The input's ${field} is`);
  });

  test("an empty batch does not wake a source", () => {
    const operator = createOperator(operatorOf("overall"));
    operator.step({ kind: "events", source: "a", events: [visit(1)] });
    operator.step({ kind: "idle", source: "a" });
    operator.step({ kind: "events", source: "a", events: [] });
    expect(operator.explain().sources).toMatchObject([{ source: "a", idle: true }]);
  });

  test("judged by source, a source that comes after the end is late", () => {
    const operator = createOperator(operatorOf("source"));
    operator.step({ kind: "end" });
    expect(operator.step({ kind: "events", source: "a", events: [visit(1)] })?.verdicts).toEqual(["late"]);
  });
});

describe.each(["source", "overall"] as const)("a snapshot of an operator judged by %s", (judgedBy) => {
  const operator = createOperator(operatorOf(judgedBy));
  operator.step({ kind: "events", source: "a", events: [visit(1), visit(12)] });
  const snapshot = operator.snapshot();
  const [part] = snapshot.parts;
  const task = part?.task as Snapshot;
  const withTask = (changed: object) => ({ ...snapshot, parts: [{ ...part, task: { ...task, ...changed } }] });
  const withSource = (changed: object) => ({
    ...snapshot,
    watermarks: { ...snapshot.watermarks, sources: [{ ...snapshot.watermarks.sources[0], ...changed }] },
  });

  test("goes on", () => {
    expect(createOperator(operatorOf(judgedBy), snapshot).snapshot()).toEqual(snapshot);
  });

  test.each([
    [{ ...snapshot, version: 1 }],
    [{ ...snapshot, watermarks: undefined }],
    [{ ...snapshot, pastLedger: { ...snapshot.pastLedger, read: -1 } }],
    [{ ...snapshot, parts: [part, part] }],
    [{ ...snapshot, watermarks: { ...snapshot.watermarks, overallMs: "soon" } }],
    [{ ...snapshot, watermarks: { ...snapshot.watermarks, version: 2 } }],
    [{ ...snapshot, watermarks: null }],
    [withSource({ maxEventTimeMs: "zzz" })],
    [withSource({ activeAtMs: "noon" })],
    [withSource({ idle: "no" })],
    [withSource({ source: 7 })],
    [withTask({ version: 1 })],
    [withTask({ windows: task.windows.map((rollup) => ({ ...rollup, rollup: "other" })) })],
    [withTask({ ledger: { ...task.ledger, counted: 77 } })],
    [
      withTask({
        windows: task.windows.map(({ rollup, rows }) => ({
          rollup,
          rows: rows.map((row) => ({ ...row, values: [null] })),
        })),
      }),
    ],
    [
      withTask({
        windows: task.windows.map(({ rollup, rows }) => ({
          rollup,
          rows: rows.map((row) => ({ ...row, values: [0.5] })),
        })),
      }),
    ],
  ])("is refused where it cannot be: %#", (changed) => {
    expect(() => createOperator(operatorOf(judgedBy), changed as unknown as OperatorSnapshot)).toThrow(WindowingError);
  });
});

test("a shared snapshot without its windows is refused", () => {
  const operator = createOperator(operatorOf("overall"));
  expect(() => createOperator(operatorOf("overall"), { ...operator.snapshot(), parts: [] })).toThrow("parts");
});
