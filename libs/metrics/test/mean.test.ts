import * as fc from "fast-check";
import { expect, test } from "vitest";
import { addRate, emptyRateSum, evaluateRate, meanRate, pooledRate } from "@tidemark/metrics";
import { refundRate, row } from "./rows.js";

const sumOf = (values: readonly (number | null)[]) => values.reduce(addRate, emptyRateSum);

test("rates are summed in the order in which they come", () => {
  const values = [0.1, 0.2, 0.3];
  expect(sumOf(values).sum).toBe(0.1 + 0.2 + 0.3);
  expect(sumOf(values.toReversed()).sum).toBe(0.3 + 0.2 + 0.1);
  expect(sumOf(values).sum).not.toBe(sumOf(values.toReversed()).sum);
});

test("nulls are counted apart, and are in no mean", () => {
  const total = sumOf([50, null, 100, null, null]);
  expect(total).toEqual({ sum: 150, count: 2, nulls: 3 });
  expect(meanRate(total)).toBe(75);
});

test("there is no mean without a rate, and no pooled rate without a denominator", () => {
  expect(meanRate(sumOf([]))).toBeNull();
  expect(meanRate(sumOf([null]))).toBeNull();
  expect(pooledRate(refundRate, { refunds: 5, orders: 0 })).toBeNull();
});

test("adding a rate leaves the total before it as it was", () => {
  const before = sumOf([1]);
  addRate(before, 2);
  expect(before).toEqual({ sum: 1, count: 1, nulls: 0 });
  expect(emptyRateSum).toEqual({ sum: 0, count: 0, nulls: 0 });
});

test("the pooled rate weighs orders, the mean weighs rows", () => {
  const rows = [
    { refunds: 1, orders: 1 },
    { refunds: 0, orders: 999 },
  ];
  expect(meanRate(sumOf(rows.map((values) => evaluateRate(refundRate, values))))).toBe(50);
  expect(pooledRate(refundRate, { refunds: 1, orders: 1000 })).toBe(0.1);
});

test("both means of one event are its rate, and both lie between the smallest and the largest rate", () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1 }), (rows) => {
      const rates = rows.map((values) => evaluateRate(refundRate, values));
      const present = rates.filter((value) => value !== null);
      const total = sumOf(rates);
      expect(total.count + total.nulls).toBe(rows.length);
      expect(total.count).toBe(present.length);
      const mean = meanRate(total);
      const withOrders = rows.filter(({ orders }) => orders !== 0);
      const pooled = pooledRate(refundRate, {
        refunds: withOrders.reduce((sum, { refunds }) => sum + refunds, 0),
        orders: withOrders.reduce((sum, { orders }) => sum + orders, 0),
      });
      const [least, most] = [Math.min(...present) * (1 - 1e-12), Math.max(...present) * (1 + 1e-12)];
      for (const value of [mean, pooled]) {
        expect(value === null).toBe(present.length === 0);
        expect(value === null || (value >= least && value <= most)).toBe(true);
      }
      expect(present.length !== 1 || (mean === present[0] && pooled === present[0])).toBe(true);
    }),
  );
});
