import { evaluateRate, type FieldValues, type RateDefinition } from "./rate.js";

/** What a mean per event is made of: the sum and number of the rates that are not null, and the number that are. */
export interface RateSum {
  readonly sum: number;
  readonly count: number;
  /** Events whose rate is null (denominator 0). They are in no mean, so show them beside it. */
  readonly nulls: number;
}

/** No event yet. */
export const emptyRateSum: RateSum = Object.freeze({ sum: 0, count: 0, nulls: 0 });

/**
 * One more event's rate. Doubles are added one by one in the order of the calls, and that order is part of the result:
 * the same values in another order can differ in the last bits.
 */
export function addRate(total: RateSum, value: number | null): RateSum {
  return value === null
    ? { sum: total.sum, count: total.count, nulls: total.nulls + 1 }
    : { sum: total.sum + value, count: total.count + 1, nulls: total.nulls };
}

/** The mean per event, in the rate's unit: every event weighs the same. Null when no event has a rate. */
export function meanRate(total: Pick<RateSum, "sum" | "count">): number | null {
  return total.count === 0 ? null : total.sum / total.count;
}

/**
 * The pooled rate, in the rate's unit: the ratio of sums, so that every unit of the denominator weighs the same. Give the
 * sums of the rate's two fields over all events, those with denominator 0 too. Null when the denominators' sum is 0.
 */
export function pooledRate<Field extends string>(
  rate: RateDefinition<Field>,
  sums: FieldValues<NoInfer<Field>>,
): number | null {
  return evaluateRate(rate, sums);
}
