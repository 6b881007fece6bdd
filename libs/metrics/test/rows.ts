import * as fc from "fast-check";
import { defineRate, defineViolation } from "@tidemark/metrics";

/** A day of a shop. */
export interface Row {
  readonly orders: number;
  readonly returns: number;
  readonly refunds: number;
}

const INT4_MAX = 2_147_483_647;

/** A count as an event can hold it: 0, 1 and the largest are common. */
const count: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 1, INT4_MAX - 1, INT4_MAX),
  fc.integer({ min: 0, max: 1000 }),
  fc.integer({ min: 0, max: INT4_MAX }),
);

/** A row whose parts may be larger than their whole, and whose whole may be 0. */
export const row: fc.Arbitrary<Row> = fc.record(
  { orders: count, returns: count, refunds: count },
  { noNullPrototype: true },
);

export const refundRate = defineRate({
  name: "refund_rate",
  title: "Refund rate",
  numerator: "refunds",
  denominator: "orders",
  scale: 100,
  unit: "percent",
});

export const returnRate = defineRate({
  name: "return_rate",
  title: "Return rate",
  numerator: "returns",
  denominator: "orders",
  scale: 100,
  unit: "percent",
});

export const shopRates = [refundRate, returnRate] as const;

export const returnsAboveOrders = defineViolation({
  name: "returns_above_orders",
  title: "Returns above orders",
  part: "returns",
  whole: "orders",
});

export const refundsAboveOrders = defineViolation({
  name: "refunds_above_orders",
  title: "Refunds above orders",
  part: "refunds",
  whole: "orders",
});

export const shopViolations = [returnsAboveOrders, refundsAboveOrders] as const;
