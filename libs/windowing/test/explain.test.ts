import { expect, test } from "vitest";
import { createOperator, createTask, defineOperator, defineTask, session, tumbling } from "../src/index.js";
import { definition, visit, type Visit } from "./visit.js";

// Windows of 10 ms, watermark 20 ms behind, 5 ms of lateness.
const window = { startMs: 10, endMs: 20 };

test("before any event nothing is held, and no watermark stands", () => {
  const { text, held, watermarkMs } = createTask(definition).explain();
  expect(watermarkMs).toBe(-Infinity);
  expect(held).toMatchObject({ rows: 0, keys: 0, ids: 0 });
  expect(text).toMatch(/^The watermark is at none yet, the highest event time none yet\. Held are 0 rows of 0 comb/);
});

test("an open window: what the watermark lacks, and the event that would close it", () => {
  const task = createTask(definition);
  task.step([visit(11), visit(12, { city: "Depok" }), visit(44)]);
  const explanation = task.explain(window);
  expect(explanation.held).toMatchObject({ rows: 6, keys: 2, ids: 3 });
  expect(explanation.window).toEqual({
    ...window,
    open: true,
    rows: 2,
    closesAtMs: 25,
    lacksMs: 1,
    closedByEventAtMs: 45,
  });
  expect(explanation.text).toContain(
    "Window [1970-01-01T00:00:00.010Z, 1970-01-01T00:00:00.020Z) of 2 rows is open: the watermark lacks 1 ms of " +
      "1970-01-01T00:00:00.025Z; an event at 1970-01-01T00:00:00.045Z or later closes it.",
  );
  task.step([visit(45)]);
  expect(task.explain(window).window).toMatchObject({ open: false, lacksMs: 0, rows: 2 });
  expect(task.explain(window).text).toContain("is closed: the watermark has reached 1970-01-01T00:00:00.025Z");
  task.checkpoint();
  expect(task.explain(window).window).toMatchObject({ open: false, rows: 0 });
});

test("where the watermark is given, no event closes a window", () => {
  const task = createTask({ ...definition, watermarkDelayMs: "given" });
  task.step([visit(11)]);
  expect(task.explain(window).window).toMatchObject({ open: true, closedByEventAtMs: null, lacksMs: Infinity });
});

test("a window counts the rows of the rollups that have windows of its size", () => {
  const task = createTask(definition);
  task.step([visit(1), visit(1, { city: "Depok" }), visit(11)]);
  expect(task.explain({ startMs: 0, endMs: 10 }).window?.rows).toBe(2);
  expect(task.explain({ startMs: 0, endMs: 30 }).window?.rows).toBe(2);
  expect(task.explain({ startMs: 0, endMs: 20 }).window?.rows).toBe(0);
  expect(task.explain({ startMs: 5, endMs: 15 }).window?.rows).toBe(0);
});

const sessions = { ...definition, rollups: [{ ...definition.rollups[0], window: session(10) }] } as const;

test("a session counts where both its bounds are the window's", () => {
  const task = createTask(sessions);
  task.step([visit(0), visit(5), visit(5, { city: "Depok" }), visit(0, { city: "Jakarta" })]);
  const rowsOf = (startMs: number, endMs: number) => task.explain({ startMs, endMs }).window?.rows;
  expect([rowsOf(0, 15), rowsOf(5, 15), rowsOf(0, 10), rowsOf(5, 10), rowsOf(1, 15)]).toEqual([1, 1, 1, 0, 0]);
  expect(task.held()).toMatchObject({ rows: 3, keys: 3, ids: 4 });
});

test.each([
  ["tumbling", definition],
  ["session", sessions],
])("what is held takes bytes, combinations of keys and ids among it: %s", (_, held) => {
  const { id: _id, ...nameless } = held;
  const bytesOf = (of: typeof definition, cities: number) => {
    const task = createTask(of);
    task.step(Array.from({ length: 40 }, (_visit, at) => visit(0, { city: `${at % cities}` })));
    return task.held().bytes;
  };
  expect(bytesOf(held, 40) - bytesOf(held, 1)).toBeGreaterThan(39 * 50);
  expect(bytesOf(held, 1) - bytesOf(nameless, 1)).toBeGreaterThan(40 * 50);
});

const judgedBy = (by: "source" | "overall") =>
  defineOperator<Visit>()({
    ...defineTask<Visit>()({
      id: "id",
      time: { field: "at", unit: "ms" },
      watermarkDelayMs: 20,
      allowedLatenessMs: 5,
      rollups: [{ name: "tens", window: tumbling(10), keys: [], aggregates: { events: { kind: "count" } } }],
    }),
    sources: { judgedBy: by },
  });

test.each(["source", "overall"] as const)(
  "judged by %s: the source that holds the watermark, and by how much",
  (by) => {
    const operator = createOperator(judgedBy(by));
    operator.step({ kind: "add-source", source: "quiet" });
    operator.step({ kind: "events", source: "ahead", events: [visit(100), visit(101)] });
    operator.step({ kind: "events", source: "behind", events: [visit(50)] });
    operator.step({ kind: "idle", source: "quiet" });
    const { watermarkMs, heldBy, sources, text, held } = operator.explain();
    expect(watermarkMs).toBe(30);
    expect(heldBy).toMatchObject({ source: "behind", watermarkMs: 30, aheadMs: 0 });
    expect(sources).toMatchObject([
      { source: "quiet", idle: true, watermarkMs: -Infinity },
      { source: "ahead", idle: false, watermarkMs: 81, aheadMs: 51 },
      { source: "behind", idle: false, maxEventTimeMs: 50 },
    ]);
    expect(held).toMatchObject({ rows: 2, ids: 3 });
    expect(text).toContain("held by behind, whose own is 1970-01-01T00:00:00.030Z");
  },
);
