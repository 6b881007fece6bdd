import { describe, expect, test } from "vitest";
import { createTask, hopping, type KeyLimit, OTHER_KEY, session, type TaskDefinition, tumbling } from "../src/index.js";
import { definition, visit, type Visit } from "./visit.js";

const aggregates = { n: { kind: "count" } } as const;

function limited(keyLimit: KeyLimit, changes: Partial<TaskDefinition<Visit>> = {}): TaskDefinition<Visit> {
  const window = tumbling(10);
  return {
    id: "id",
    time: { field: "at", unit: "ms" },
    watermarkDelayMs: 100,
    allowedLatenessMs: 0,
    rollups: [{ name: "tens", window, keys: ["city"], aggregates, keyLimit }],
    ...changes,
  };
}

const visits = (...places: [at: number, city: string][]) =>
  places.map(([at, city], index) => visit(at, { id: `${index} ${at} ${city}`, city }));

/** Rows as `start city count`, by rollup. */
function rowsOf(limits: TaskDefinition<Visit>, events: readonly Visit[]): string[][] {
  const task = createTask<Visit>(limits);
  task.step(events);
  return task
    .checkpoint()
    .changed.map(({ rows }) =>
      rows.map(({ windowStartMs, keys, values }) => `${windowStartMs} ${Object.values(keys).join("/")} ${values["n"]}`),
    );
}

describe("beyond: other", () => {
  const other = (perWindow: number) => limited({ perWindow, beyond: "other" });

  test("the first combinations of a window have a row each, further ones have one together; each window begins anew", () => {
    const events = visits([1, "a"], [2, "b"], [3, "c"], [4, "d"], [5, "a"], [11, "d"], [6, "c"]);
    expect(rowsOf(other(2), events)).toEqual([["0 a 2", "0 b 1", "0 other 3", "10 d 1"]]);
  });

  test("a key that reads as the others do is counted with them, and takes no place of the limit", () => {
    const events = visits([1, OTHER_KEY], [2, "a"], [3, "b"], [4, OTHER_KEY], [5, "c"]);
    expect(rowsOf(other(2), events)).toEqual([["0 other 3", "0 a 1", "0 b 1"]]);
  });

  test("one of several keys may read as the others do", () => {
    const keyed = limited(
      { perWindow: 2, beyond: "other" },
      {
        rollups: [
          {
            name: "tens",
            window: tumbling(10),
            keys: ["city", "platform"],
            aggregates,
            keyLimit: { perWindow: 2, beyond: "other" },
          },
        ],
      },
    );
    const events = [
      visit(1, { city: "other", platform: "X" }),
      visit(2, { city: "other", platform: "other" }),
      visit(3, { city: "a", platform: "other" }),
      visit(4, { city: "a", platform: "X" }),
      visit(5, { city: "other", platform: "X" }),
    ];
    expect(rowsOf(keyed, events)).toEqual([["0 other/X 2", "0 other/other 2", "0 a/other 1"]]);
  });

  test("rollups with the same keys have their own limits, and no combination is held twice", () => {
    const rollups: TaskDefinition<Visit>["rollups"] = [
      { name: "tens", window: tumbling(10), keys: ["city"], aggregates, keyLimit: { perWindow: 1, beyond: "other" } },
      { name: "all", window: tumbling(100), keys: ["city"], aggregates },
      { name: "two", window: tumbling(100), keys: ["city"], aggregates, keyLimit: { perWindow: 2, beyond: "other" } },
    ];
    const several = limited({ perWindow: 1, beyond: "other" }, { rollups });
    const events = visits([1, "a"], [2, "b"], [3, OTHER_KEY], [11, "c"], [12, "b"]);
    expect(rowsOf(several, events)).toEqual([
      ["0 a 1", "0 other 2", "10 c 1", "10 other 1"],
      ["0 a 1", "0 b 2", "0 other 1", "0 c 1"],
      ["0 a 1", "0 b 2", "0 other 2"],
    ]);
    const task = createTask<Visit>(several);
    task.step(events);
    expect(task.held().keys).toBe(4);
  });

  test("each window of a hopping event has a limit of its own", () => {
    const keyLimit: KeyLimit = { perWindow: 1, beyond: "other" };
    const rollups: TaskDefinition<Visit>["rollups"] = [
      { name: "hops", window: hopping(10, 5), keys: ["city"], aggregates, keyLimit },
    ];
    const events = visits([1, "a"], [6, "b"], [12, "b"]);
    expect(rowsOf(limited(keyLimit, { rollups }), events)).toEqual([
      ["-5 a 1", "0 a 1", "0 other 1", "5 b 2", "10 b 1"],
    ]);
  });

  test("a restored task goes on with the places that are taken, whatever the order of the rows", () => {
    const task = createTask<Visit>(other(2));
    task.step(visits([1, "a"], [2, OTHER_KEY], [3, "b"], [4, "c"]));
    const { windows, ...rest } = task.snapshot();
    const restored = createTask<Visit>(other(2), {
      ...rest,
      windows: windows.map(({ rows, rollup }) => ({ rollup, rows: rows.toReversed() })),
    });
    restored.step(visits([5, "d"], [6, "b"], [7, OTHER_KEY]));
    const [rows] = restored.checkpoint().changed;
    expect(rows?.rows.map(({ keys, values }) => [keys["city"], values["n"]])).toEqual([
      ["other", 4],
      ["b", 2],
    ]);
  });
});

describe("beyond: reject", () => {
  const reject = limited(
    { perWindow: 1, beyond: "reject" },
    {
      rollups: [
        { name: "tens", window: tumbling(10), keys: [], aggregates },
        {
          name: "hundreds",
          window: tumbling(100),
          keys: ["city"],
          aggregates,
          keyLimit: { perWindow: 1, beyond: "reject" },
        },
      ],
    },
  );

  test("an event beyond the limit of any rollup is rejected, is in no window, and moves the watermark", () => {
    const task = createTask<Visit>(reject);
    const result = task.step(visits([1, "a"], [55, "b"], [2, "a"], [120, "b"]));
    expect(result.rejected).toEqual([
      { index: 1, watermarkMs: -99, field: null, full: { rollup: "hundreds", startMs: 0, endMs: 100 } },
    ]);
    expect(result.verdicts).toEqual(["counted", "rejected", "counted", "counted"]);
    expect(task.ledger).toMatchObject({ read: 4, counted: 3, rejected: 1 });
    expect(rowsOf(reject, visits([1, "a"], [55, "b"], [2, "a"]))).toEqual([["0  2"], ["0 a 2"]]);
    const late = createTask<Visit>(reject);
    late.step(visits([1, "a"], [99, "a"], [98, "b"], [110, "c"], [199, "b"]));
    expect(late.watermarkMs).toBe(99);
  });

  test("it leaves no id behind, and the id of a counted event is a duplicate whatever its keys", () => {
    const task = createTask<Visit>(reject);
    const [a, b] = [visit(1, { id: "1", city: "a" }), visit(2, { id: "2", city: "b" })];
    const { verdicts } = task.step([a, b, b, { ...a, city: "b" }, { ...b, city: "a" }]);
    expect(verdicts).toEqual(["counted", "rejected", "rejected", "duplicate", "counted"]);
  });

  test("an event that is late is late, and no closed window rejects it", () => {
    const task = createTask<Visit>(reject);
    task.step(visits([1, "a"], [500, "a"]));
    expect(task.step(visits([2, "b"])).verdicts).toEqual(["late"]);
  });

  test("one full window of a hopping event is enough, unless it is closed", () => {
    const keyLimit: KeyLimit = { perWindow: 1, beyond: "reject" };
    const hops = limited(keyLimit, {
      watermarkDelayMs: 0,
      rollups: [{ name: "hops", window: hopping(10, 5), keys: ["city"], aggregates, keyLimit }],
    });
    const task = createTask<Visit>(hops);
    const { verdicts, rejected } = task.step(visits([1, "a"], [6, "b"], [12, "c"], [7, "d"]));
    expect(verdicts).toEqual(["counted", "rejected", "counted", "rejected"]);
    expect(rejected.map(({ full }) => full?.startMs)).toEqual([0, 5]);
  });

  test("a restored task rejects what the first one would have", () => {
    const task = createTask<Visit>(reject);
    task.step(visits([1, "a"]));
    expect(createTask<Visit>(reject, task.snapshot()).step(visits([3, "b"])).verdicts).toEqual(["rejected"]);
  });
});

describe("a limit is refused", () => {
  const [base] = definition.rollups;
  const keys = ["city"] as const;
  test.each<[object, string, string]>([
    [{ keys, keyLimit: { perWindow: 0, beyond: "other" } }, "keyLimit.perWindow", "0"],
    [{ keys, keyLimit: { perWindow: 1.5, beyond: "other" } }, "keyLimit.perWindow", "1.5"],
    [{ keys, keyLimit: { perWindow: 10_000_001, beyond: "other" } }, "keyLimit.perWindow", "10000001"],
    [{ keys, keyLimit: { perWindow: 1, beyond: "drop" } }, "keyLimit.beyond", '"drop"'],
    [{ keys, keyLimit: { perWindow: 1, beyond: "other", other: "x" } }, "keyLimit.other", '"x"'],
    [{ keys, keyLimit: null }, "keyLimit", "null"],
    [{ keys: [], keyLimit: { perWindow: 1, beyond: "other" } }, "keyLimit", '{"perWindow":1,"beyond":"other"}'],
    [{ keys, window: session(5), keyLimit: { perWindow: 1, beyond: "reject" } }, "keyLimit", "sessions"],
  ])("%o", (changes, field, value) => {
    const begin = () => createTask({ ...definition, rollups: [{ ...base, ...changes }] } as never);
    expect(begin).toThrow(`The task definition's rollups[0].${field} is `);
    expect(begin).toThrow(value);
  });
});
