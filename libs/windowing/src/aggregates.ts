/** What a rollup computes from field values of its events. Data only, so that the same definition can drive other engines. */
export type Aggregate<E> =
  /** The number of events. */
  | { readonly kind: "count" }
  /** The exact sum of integers; throws `sum-overflow` when it leaves ±(2^53 − 1). */
  | { readonly kind: "sum"; readonly field: keyof E & string; readonly of: "integer" }
  /** The sum of doubles, added in the order of input; nulls are skipped. */
  | { readonly kind: "sum"; readonly field: keyof E & string; readonly of: "double" }
  /** The number of events whose field is not null. */
  | { readonly kind: "count-present"; readonly field: keyof E & string };

/** What an aggregate needs of its field: an exact integer, a finite number or null, or anything at all. */
export type FieldDemand = "integer" | "double" | "presence";

export const COUNT = 0;
export const SUM_INTEGER = 1;
export const SUM_DOUBLE = 2;
export const COUNT_PRESENT = 3;

/** Aggregates resolved to arrays: operation i reads `numbers[slots[i]]` (NaN: null) and changes `values[i]`. */
export interface AggregatePlan {
  readonly names: readonly string[];
  readonly operations: readonly number[];
  readonly slots: readonly number[];
}

/** @param slotOf where the reader of events puts the value of a field */
export function planAggregates<E>(
  aggregates: Readonly<Record<string, Aggregate<E>>>,
  slotOf: (field: string, demand: FieldDemand) => number,
): AggregatePlan {
  const all = Object.values(aggregates);
  return {
    names: Object.keys(aggregates),
    operations: all.map(operationOf),
    slots: all.map((aggregate) => {
      const demand = demandOf(aggregate);
      return demand === null || aggregate.kind === "count" ? 0 : slotOf(aggregate.field, demand);
    }),
  };
}

export function demandOf<E>(aggregate: Aggregate<E>): FieldDemand | null {
  if (aggregate.kind === "count") return null;
  return aggregate.kind === "sum" ? aggregate.of : "presence";
}

function operationOf<E>(aggregate: Aggregate<E>): number {
  if (aggregate.kind === "count") return COUNT;
  if (aggregate.kind === "count-present") return COUNT_PRESENT;
  return aggregate.of === "integer" ? SUM_INTEGER : SUM_DOUBLE;
}

/** A function that makes the values of a new row: zeros, in an array that holds its doubles unboxed. */
export function createZeros(length: number): () => number[] {
  const template = Array.from({ length }, () => 0.5);
  template.fill(0);
  return () => template.slice();
}

/** Adds one event to a row's values. Returns the position of the integer sum that is no longer exact, or -1. */
export function accumulate(plan: AggregatePlan, values: number[], numbers: Float64Array): number {
  const { operations, slots } = plan;
  let overflowed = -1;
  for (let at = 0; at < operations.length; at++) {
    const number = numbers[slots[at] as number] as number;
    const value = values[at] as number;
    switch (operations[at]) {
      case COUNT:
        values[at] = value + 1;
        break;
      case SUM_INTEGER: {
        const sum = value + number;
        if (sum > Number.MAX_SAFE_INTEGER || sum < -Number.MAX_SAFE_INTEGER) overflowed = at;
        values[at] = sum;
        break;
      }
      case SUM_DOUBLE:
        if (!Number.isNaN(number)) values[at] = value + number;
        break;
      default:
        if (!Number.isNaN(number)) values[at] = value + 1;
    }
  }
  return overflowed;
}
