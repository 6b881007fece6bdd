import { expect, test } from "vitest";
import { createTask, RefusedValueError, session, type Snapshot, tumbling, WindowingError } from "../src/index.js";
import { definition, visit } from "./visit.js";

function taken(): Snapshot {
  const task = createTask(definition);
  task.step([visit(1), visit(12), null]);
  return JSON.parse(JSON.stringify(task.snapshot())) as Snapshot;
}

const snapshot = taken();
const [small, large] = snapshot.windows;
const row = { windowStartMs: 0, keys: ["Depok"], values: [1, 1, 0, 0] };

function withRows(...rows: object[]): object {
  return { windows: [{ rollup: "small", rows }, large] };
}

test("a snapshot before any event has null times, and goes on", () => {
  const empty = createTask(definition).snapshot();
  expect([empty.watermarkMs, empty.maxEventTimeMs]).toEqual([null, null]);
  const task = createTask(definition, JSON.parse(JSON.stringify(empty)) as Snapshot);
  expect(task.step([visit(-100)]).verdicts).toEqual(["counted"]);
});

test("a restored task's ledger goes on, and what no checkpoint had given out comes with the next one", () => {
  const task = createTask(definition, snapshot);
  task.step([visit(13)]);
  const { ledger, changed } = task.checkpoint();
  expect(ledger).toEqual({ read: 4, counted: 3, duplicate: 0, late: 0, quarantined: 0, rejected: 1 });
  expect(changed.map(({ rows }) => rows.map(({ values }) => values["events"]))).toEqual([[1, 2], [3]]);
});

test("without the positions of changed rows, all rows count as given out", () => {
  const windows = snapshot.windows.map(({ rollup, rows }) => ({ rollup, rows }));
  const task = createTask(definition, { ...snapshot, windows });
  expect(task.held().rows).toBe(3);
  expect(task.checkpoint().changed.flatMap(({ rows }) => rows)).toEqual([]);
});

test("rows of closed windows and expired ids are not taken up", () => {
  const closed = {
    ...snapshot,
    maxEventTimeMs: 40,
    watermarkMs: 20,
    windows: snapshot.windows.map(({ rollup, rows }) => ({ rollup, rows })),
  };
  expect(createTask(definition, closed).held()).toMatchObject({ rows: 2, ids: 1 });
});

test.each([
  [{ version: 1 }, "version"],
  [{ watermarkMs: 0 }, "watermarkMs"],
  [{ watermarkMs: null }, "watermarkMs"],
  [{ maxEventTimeMs: 0.5 }, "maxEventTimeMs"],
  [{ givenMs: 0.5 }, "givenMs"],
  [{ givenMs: 100 }, "watermarkMs"],
  [{ windows: [small] }, 'windows of rollup "large"'],
  [{ windows: [small, small, large] }, 'windows of rollup "small"'],
  [{ windows: [small, large, { rollup: "other", rows: [] }] }, "windows[2].rollup"],
  [withRows({ ...row, windowStartMs: 5 }), 'windows of rollup "small", row 0, windowStartMs'],
  [withRows({ ...row, keys: [] }), 'windows of rollup "small", row 0, keys'],
  [withRows({ ...row, keys: [null] }), 'windows of rollup "small", row 0, keys'],
  [withRows({ ...row, values: [1] }), 'windows of rollup "small", row 0, values'],
  [withRows({ ...row, values: [1, 1, "0", 0] }), 'windows of rollup "small", row 0, values'],
  [withRows({ ...row, values: [1, 1, 0, 0.5] }), 'windows of rollup "small", row 0, values'],
  [withRows({ ...row, custom: [[]] }), 'windows of rollup "small", row 0, custom'],
  [withRows(row, row), 'windows of rollup "small", row 1, window and keys'],
  [{ windows: [{ rollup: "small", rows: [row], changed: [1] }, large] }, 'windows of rollup "small", changed'],
  [{ ids: [{ id: 7, timeMs: 0 }] }, "ids[0].id"],
  [{ ids: [{ id: "a", timeMs: "0" }] }, "ids[0].timeMs"],
])("a snapshot with %j is refused, naming %s", (changed, field) => {
  const restore = () => createTask(definition, { ...snapshot, ...changed } as Snapshot);
  expect(restore).toThrow(RefusedValueError);
  expect(restore).toThrow(`The snapshot's ${field} is`);
});

test("a snapshot whose ledger does not add up is refused", () => {
  const restore = () => createTask(definition, { ...snapshot, ledger: { ...snapshot.ledger, read: 99 } });
  expect(restore).toThrow(WindowingError);
  expect(restore).toThrow("does not add up");
});

test.each([tumbling(10), session(10)])(
  "a final row that closes before its checkpoint outlives a snapshot, by $kind",
  (window) => {
    const rollups = [{ ...definition.rollups[0], window }] as const;
    const final = { ...definition, rollups, output: "final" } as const;
    const written = createTask(final);
    written.step([visit(0)]);
    const { windows, ...rest } = written.snapshot();
    // As if put together from tables: nothing says that it waits.
    const task = createTask(final, { ...rest, windows: windows.map(({ rollup, rows }) => ({ rollup, rows })) });
    task.step([visit(100)]);
    const restored = createTask(final, JSON.parse(JSON.stringify(task.snapshot())) as Snapshot);
    expect(restored.checkpoint().changed[0].rows.map(({ windowStartMs }) => windowStartMs)).toEqual([0]);
  },
);

test("what became of a batch is data: it survives JSON, verdicts too", () => {
  const result = createTask(definition).step([visit(0), null]);
  expect(JSON.parse(JSON.stringify(result))).toMatchObject({ verdicts: ["counted", "rejected"], read: 2 });
  expect({ ...result }.verdicts).toEqual(["counted", "rejected"]);
});

test("a final task that goes on from a snapshot of changing rows has nothing to take back", () => {
  const rollups = [{ ...definition.rollups[0], window: session(10) }] as const;
  const update = createTask({ ...definition, rollups });
  update.step([visit(0)]);
  update.checkpoint();
  update.step([visit(5)]);
  const final = createTask({ ...definition, rollups, output: "final" }, update.snapshot());
  final.step([visit(9), visit(100)]);
  expect(final.snapshot().windows[0]?.retracted).toEqual([]);
  expect(final.checkpoint().changed[0]).toMatchObject({ retracted: [], rows: [{ windowStartMs: 0, windowEndMs: 19 }] });
});

test("more ids of sessions than the bound are refused", () => {
  const rollups = [{ ...definition.rollups[0], window: session(10) }] as const;
  const task = createTask({ ...definition, rollups });
  task.step([visit(0), visit(1)]);
  expect(() => createTask({ ...definition, rollups, maxLiveIds: 1 }, task.snapshot())).toThrow("More than 1 ids");
});

test.each([tumbling(10), session(10)])(
  "what was given out and has closed is in no snapshot, though it is still held, by $kind",
  (window) => {
    const rollups = [{ ...definition.rollups[0], window }] as const;
    const task = createTask({ ...definition, rollups });
    task.step([visit(0)]);
    task.checkpoint();
    task.advance(1000);
    expect(task.held().rows).toBe(1);
    expect(task.snapshot().windows[0]?.rows).toEqual([]);
  },
);

test("a final session that has closed, and that nothing says to wait, is not taken up and leaves nothing behind", () => {
  const rollups = [{ ...definition.rollups[0], window: session(10) }] as const;
  const final = { ...definition, rollups, output: "final" } as const;
  const written = createTask(final);
  written.step([visit(0)]);
  const { windows, ...rest } = written.snapshot();
  const closed = { ...rest, maxEventTimeMs: 1000, watermarkMs: 980 };
  const task = createTask(final, { ...closed, windows: windows.map(({ rollup, rows }) => ({ rollup, rows })) });
  expect(task.snapshot().windows[0]).toMatchObject({ rows: [], changed: [] });
});
