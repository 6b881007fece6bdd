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

/** What an aggregate needs of its field: a safe integer, a finite number or null, or anything at all. */
export type FieldDemand = "integer" | "double" | "presence";

export function demandOf<E>(aggregate: Aggregate<E>): FieldDemand | null {
  if (aggregate.kind === "count") return null;
  return aggregate.kind === "sum" ? aggregate.of : "presence";
}

/** Where the reader of events puts the numbers that aggregates add up. */
export interface NumberSlots {
  /** Holds 1. */
  readonly one: number;
  /** Holds the field's value, 0 for null. */
  value(field: string): number;
  /** Holds 1 where the field is not null, else 0. */
  presence(field: string): number;
}

/** Aggregates resolved to arrays. Each is a sum: value i grows by `numbers[slots[i]]`. */
export interface AggregatePlan {
  readonly names: readonly string[];
  readonly slots: readonly number[];
  /** Whether value i is an integer, which must stay exact. */
  readonly exact: readonly boolean[];
}

export function planAggregates<E>(
  aggregates: Readonly<Record<string, Aggregate<E>>>,
  slots: NumberSlots,
): AggregatePlan {
  const all = Object.values(aggregates);
  return {
    names: Object.keys(aggregates),
    slots: all.map((aggregate) => {
      if (aggregate.kind === "count") return slots.one;
      return aggregate.kind === "sum" ? slots.value(aggregate.field) : slots.presence(aggregate.field);
    }),
    exact: all.map((aggregate) => aggregate.kind !== "sum" || aggregate.of === "integer"),
  };
}

/** A function that makes the values of a new row: zeros, in an array that holds its doubles unboxed. */
export function createZeros(length: number): () => number[] {
  const template = Array.from({ length }, () => 0.5);
  template.fill(0);
  return () => template.slice();
}

/**
 * Adds one event to a row's values. Returns the position of a sum that left the exact integers or, of doubles, the
 * finite numbers; else -1. A null adds 0, which changes no sum: sums begin at +0, and so are never -0.
 */
export function accumulate(plan: AggregatePlan, values: number[], numbers: Float64Array): number {
  const slots = plan.slots;
  let overflowed = -1;
  for (let at = 0; at < slots.length; at++) {
    const sum = (values[at] as number) + (numbers[slots[at] as number] as number);
    values[at] = sum;
    if (sum > Number.MAX_SAFE_INTEGER || sum < -Number.MAX_SAFE_INTEGER) {
      if (plan.exact[at] === true || !Number.isFinite(sum)) overflowed = at;
    }
  }
  return overflowed;
}
