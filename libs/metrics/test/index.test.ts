import { expectTypeOf, test } from "vitest";
import {
  bounceRate,
  conversionRate,
  evaluateRate,
  rateCountColumn,
  rateSql,
  rateSumColumn,
  type socmedRates,
  type FieldValues,
  type RateDefinition,
} from "@tidemark/metrics";

// Checked by the type check, not at run time.
test("a definition keeps its literal names", () => {
  expectTypeOf(conversionRate.name).toEqualTypeOf<"conversion_rate">();
  expectTypeOf(conversionRate).toExtend<RateDefinition<"Conversion" | "Visitors">>();
  expectTypeOf(conversionRate).not.toExtend<RateDefinition<"Visitors">>();
  expectTypeOf(rateSumColumn(conversionRate)).toEqualTypeOf<"conversion_rate_sum">();
  expectTypeOf(rateCountColumn(bounceRate)).toEqualTypeOf<"bounce_rate_count">();
  expectTypeOf<(typeof socmedRates)[number]["name"]>().toEqualTypeOf<"conversion_rate" | "bounce_rate">();
});

test("a row must have the rate's fields, and its SQL asks for no others", () => {
  expectTypeOf(evaluateRate<"Conversion" | "Visitors">)
    .parameter(1)
    .toEqualTypeOf<FieldValues<"Conversion" | "Visitors">>();
  expectTypeOf(evaluateRate(conversionRate, { Conversion: 1, Visitors: 2 })).toEqualTypeOf<number | null>();
  // @ts-expect-error Visitors is missing
  evaluateRate(conversionRate, { Conversion: 1 });
  rateSql(conversionRate, (field) => {
    expectTypeOf(field).toEqualTypeOf<"Conversion" | "Visitors">();
    return field;
  });
});
