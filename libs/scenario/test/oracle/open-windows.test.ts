import { describe, expect, it } from "vitest";
import type { OracleRollup } from "../../src/oracle/index.js";
import { createOpenWindows, windowStartOf } from "../../src/oracle/open-windows.js";
import { rowOf } from "../../src/oracle/row.js";
import { eventAt } from "./small-log.js";

const rollup: OracleRollup = {
  name: "five",
  sizeMs: 5_000,
  keys: ["Sosial_Media", "Kota"],
  aggregates: {
    usage: { kind: "sum", field: "Usage_Count", of: "integer" },
    present: { kind: "count-non-null", field: "bounce_rate" },
    rate: { kind: "sum", field: "bounce_rate", of: "double" },
    events: { kind: "count" },
  },
};

function windowsOf(...events: readonly ReturnType<typeof eventAt>[]) {
  const windows = createOpenWindows(rollup);
  for (const event of events) windows.add(rowOf(event));
  return windows;
}

describe("the start of a window", () => {
  it.each([
    [0, 0],
    [4_999, 0],
    [5_000, 5_000],
    [-1, -5_000],
    [253_402_300_799_000, 253_402_300_795_000],
  ])("of 5 s that holds %i ms is %i ms", (timeMs, startMs) => {
    expect(windowStartOf(timeMs, 5_000)).toBe(startMs);
  });
});

describe("open windows", () => {
  it("have keys and values in the order of the rollup", () => {
    const windows = windowsOf(
      eventAt(104, 1, { Usage_Count: 3, Visitors: 8, PageVisitors: 1 }),
      eventAt(100, 2, { Usage_Count: 4, Visitors: 0 }),
    );
    expect(windows.takeEnded(Infinity)).toEqual([
      { rollup: "five", windowStartMs: 100_000, keys: ["X", "Bogor"], values: [7, 1, 12.5, 2] },
    ]);
  });

  it("keep keys apart that would read the same put together", () => {
    const windows = windowsOf(
      eventAt(100, 1, { Sosial_Media: "X", Kota: "YZ" }),
      eventAt(100, 2, { Sosial_Media: "XY", Kota: "Z" }),
    );
    expect(windows.takeEnded(Infinity).map(({ keys }) => keys)).toEqual([
      ["X", "YZ"],
      ["XY", "Z"],
    ]);
  });

  it("add doubles in the order in which they come", () => {
    const events = [1, 1, 3].map((PageVisitors, id) => eventAt(100, id, { Visitors: 3, PageVisitors }));
    const [a, b, c] = events.map(({ PageVisitors }) => (PageVisitors / 3) * 100) as [number, number, number];
    expect(a + b + c).not.toBe(c + b + a);
    expect(windowsOf(...events).takeEnded(Infinity)[0]?.values[2]).toBe(a + b + c);
    expect(windowsOf(...events.toReversed()).takeEnded(Infinity)[0]?.values[2]).toBe(c + b + a);
  });

  it("are given when their end is reached, by rising start, and forgotten then", () => {
    const windows = windowsOf(eventAt(110, 1), eventAt(100, 2), eventAt(105, 3));
    expect(windows.takeEnded(104_999)).toEqual([]);
    expect(windows.takeEnded(110_000).map(({ windowStartMs }) => windowStartMs)).toEqual([100_000, 105_000]);
    expect(windows.takeEnded(Infinity).map(({ windowStartMs }) => windowStartMs)).toEqual([110_000]);
    expect(windows.takeEnded(Infinity)).toEqual([]);
  });

  it("refuse an integer sum that a double can't hold exactly", () => {
    const windows = windowsOf(eventAt(100, 1));
    const row = rowOf(eventAt(100, 2));
    windows.add({ ...row, Usage_Count: Number.MAX_SAFE_INTEGER - 1 });
    expect(() => windows.add(row)).toThrow("five: the sum of Usage_Count is beyond 2^53");
  });
});
