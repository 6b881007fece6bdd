import { expectTypeOf, test } from "vitest";
import {
  evaluateRate,
  rateCountColumn,
  rateSql,
  rateSumColumn,
  type FieldValues,
  type RateDefinition,
} from "@tidemark/metrics";
import { refundRate, returnRate, type shopRates } from "./rows.js";

// Checked by the type check, not at run time.
test("a definition keeps its literal names", () => {
  expectTypeOf(refundRate.name).toEqualTypeOf<"refund_rate">();
  expectTypeOf(refundRate).toExtend<RateDefinition<"refunds" | "orders">>();
  expectTypeOf(refundRate).not.toExtend<RateDefinition<"orders">>();
  expectTypeOf(rateSumColumn(refundRate)).toEqualTypeOf<"refund_rate_sum">();
  expectTypeOf(rateCountColumn(returnRate)).toEqualTypeOf<"return_rate_count">();
  expectTypeOf<(typeof shopRates)[number]["name"]>().toEqualTypeOf<"refund_rate" | "return_rate">();
});

test("a row must have the rate's fields, and its SQL asks for no others", () => {
  expectTypeOf(evaluateRate<"refunds" | "orders">)
    .parameter(1)
    .toEqualTypeOf<FieldValues<"refunds" | "orders">>();
  expectTypeOf(evaluateRate(refundRate, { refunds: 1, orders: 2 })).toEqualTypeOf<number | null>();
  // @ts-expect-error orders is missing
  evaluateRate(refundRate, { refunds: 1 });
  rateSql(refundRate, (field) => {
    expectTypeOf(field).toEqualTypeOf<"refunds" | "orders">();
    return field;
  });
});
