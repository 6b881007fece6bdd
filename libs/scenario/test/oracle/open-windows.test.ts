import { describe, expect, it } from "vitest";
import type { OracleRollup } from "../../src/oracle/index.js";
import { createOpenWindows, windowStartOf } from "../../src/oracle/open-windows.js";
import { createRowMaker } from "../../src/oracle/row.js";
import { eventAt, smallDefinition, type Order } from "./small-log.js";

const makeRow = createRowMaker(smallDefinition);
const rowOf = (order: Order) => makeRow({ ...order });

const rollup: OracleRollup = {
  name: "five",
  window: { kind: "tumbling", sizeMs: 5_000 },
  keys: ["channel", "shop"],
  aggregates: {
    usage: { kind: "sum", field: "cents", of: "integer" },
    present: { kind: "count-non-null", field: "left_rate" },
    rate: { kind: "sum", field: "left_rate", of: "double" },
    events: { kind: "count" },
  },
};

function windowsOf(...events: readonly ReturnType<typeof eventAt>[]) {
  const windows = createOpenWindows(rollup);
  for (const event of events) windows.add(rowOf(event), event.placedAt * 1000);
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
      eventAt(104, 1, { cents: 3, views: 8, lefts: 1 }),
      eventAt(100, 2, { cents: 4, views: 0 }),
    );
    expect(windows.takeEnded(Infinity)).toEqual([
      { rollup: "five", windowStartMs: 100_000, keys: ["X", "Bogor"], values: [7, 1, 12.5, 2] },
    ]);
  });

  it("keep keys apart that would read the same put together", () => {
    const windows = windowsOf(
      eventAt(100, 1, { channel: "X", shop: "YZ" }),
      eventAt(100, 2, { channel: "XY", shop: "Z" }),
    );
    expect(windows.takeEnded(Infinity).map(({ keys }) => keys)).toEqual([
      ["X", "YZ"],
      ["XY", "Z"],
    ]);
  });

  it("add doubles in the order in which they come", () => {
    const events = [1, 1, 3].map((lefts, id) => eventAt(100, id, { views: 3, lefts }));
    const [a, b, c] = events.map(({ lefts }) => (lefts / 3) * 100) as [number, number, number];
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
    windows.add({ ...row, cents: Number.MAX_SAFE_INTEGER - 1 }, 100_000);
    expect(() => windows.add(row, 100_000)).toThrow("five: the sum of cents is beyond 2^53");
  });
});
