import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roundUp } from "../../page/src/chart/axes.js";
import { spreadLabels } from "../../page/src/chart/label-places.js";
import { countSettled, pivotRows, stackSeries } from "../../page/src/chart/series-data.js";

describe("the labels at the ends of lines", () => {
  it("stand where they belong while there is room", () => {
    expect(spreadLabels([10, 90, 50], 15, 100)).toEqual([10, 90, 50]);
  });

  it("make way for each other to both sides, and keep their order", () => {
    expect(spreadLabels([50, 50, 50], 10, 100)).toEqual([40, 50, 60]);
    expect(spreadLabels([52, 50], 10, 100)).toEqual([56, 46]);
  });

  it("stay on the chart", () => {
    expect(spreadLabels([0, 1, 2], 10, 100)).toEqual([0, 10, 20]);
    expect(spreadLabels([100, 99], 10, 100)).toEqual([100, 90]);
  });

  it("never touch, in whatever order they come, as long as there is room for all", () => {
    const labels = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(labels, (wanted) => {
        const places = spreadLabels(wanted, 12, 100);
        const sorted = places.toSorted((a, b) => a - b);
        const gaps = sorted.slice(1).map((place, at) => place - (sorted[at] ?? 0));
        expect(Math.min(...sorted)).toBeGreaterThanOrEqual(-1e-9);
        expect(Math.max(...sorted)).toBeLessThanOrEqual(100 + 1e-9);
        expect(Math.min(Infinity, ...gaps)).toBeGreaterThanOrEqual(12 - 1e-9);
        const byWish = wanted
          .map((wish, at) => ({ wish, place: places[at] ?? NaN }))
          .toSorted((a, b) => a.wish - b.wish);
        const turned = byWish.filter((one, at) => {
          const next = byWish[at + 1];
          return next !== undefined && one.wish < next.wish && one.place >= next.place;
        });
        expect(turned).toEqual([]);
      }),
    );
  });
});

describe("the rows of a series, turned round", () => {
  const rows = [
    { time: 0, metric: "b", usage: 1 },
    { time: 0, metric: "a", usage: 2 },
    { time: 5, metric: "b", usage: null },
    { time: 10, metric: "a", usage: 4 },
  ];

  it("have a value or null for each name at each time", () => {
    expect(pivotRows(rows, "usage")).toEqual({
      times: [0, 5, 10],
      series: [
        { name: "a", values: [2, null, 4] },
        { name: "b", values: [1, null, null] },
      ],
    });
    expect(pivotRows([], "usage")).toEqual({ times: [], series: [] });
  });

  it("stand on each other when stacked", () => {
    expect(stackSeries(pivotRows(rows, "usage")).series).toEqual([
      { name: "a", values: [2, 0, 4] },
      { name: "b", values: [3, 0, 4] },
    ]);
  });

  it("are settled up to the point that ends by then", () => {
    expect(countSettled([0, 5, 10], 5, 10)).toBe(2);
    expect(countSettled([0, 5, 10], 5, 9)).toBe(1);
    expect(countSettled([0, 5, 10], 5, Infinity)).toBe(3);
    expect(countSettled([], 5, 0)).toBe(0);
  });
});

describe("the end of the value axis", () => {
  it("is the next round number", () => {
    expect([0, 0.2, 1, 1.2, 7, 11, 4_321, 99_000].map(roundUp)).toEqual([1, 0.2, 1, 1.5, 8, 15, 5_000, 100_000]);
  });

  it("is never below the value, and never twice as high", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e15, noNaN: true }), (value) => {
        expect(roundUp(value)).toBeGreaterThanOrEqual(value * (1 - 1e-12));
        expect(roundUp(value)).toBeLessThanOrEqual(value * 2);
      }),
    );
  });
});
