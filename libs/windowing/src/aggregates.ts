/**
 * An aggregate of one's own. Its accumulator must survive JSON, as snapshots do. `add` and `merge` may change what they get; then
 * `result` must not return it, or what was given out would change too.
 */
export interface CustomAggregate<E, Accumulator, Result> {
  readonly kind: "custom";
  create(): Accumulator;
  add(accumulator: Accumulator, event: E): Accumulator;
  /** Both were made by `create` and `add`; sessions that merge call it, the earlier one first. */
  merge(left: Accumulator, right: Accumulator): Accumulator;
  result(accumulator: Accumulator): Result;
}

type NumberKind = "integer" | "double";

/** What a rollup computes from its events. Data only, but for `custom`, so that the same definition can drive other engines. */
export type Aggregate<E> =
  /** The number of events. */
  | { readonly kind: "count" }
  /**
   * `integer`: exact; throws `sum-overflow` where it leaves ±(2^53 − 1). `double`: added in the order of input; nulls are
   * skipped; throws `sum-overflow` where it is no longer finite.
   */
  | { readonly kind: "sum"; readonly field: keyof E & string; readonly of: NumberKind }
  /** The number of events whose field is not null. */
  | { readonly kind: "count-non-null"; readonly field: keyof E & string }
  /** Of finite numbers; nulls are skipped, and null is the result where nothing else came. */
  | { readonly kind: "min"; readonly field: keyof E & string }
  | { readonly kind: "max"; readonly field: keyof E & string }
  /** The sum, as above, over the number of events whose field is not null. */
  | { readonly kind: "mean"; readonly field: keyof E & string; readonly of: NumberKind }
  | CustomAggregate<E, unknown, unknown>;

/** A mean with what it was made of, so that means can be put together later. `mean` is null where `count` is 0. */
export interface Mean {
  readonly mean: number | null;
  readonly sum: number;
  readonly count: number;
}

/** What an aggregate's result looks like in a row. */
export type AggregateResult<A> = A extends { readonly kind: "custom"; result(accumulator: never): infer R }
  ? R
  : A extends { readonly kind: "min" | "max" }
    ? number | null
    : A extends { readonly kind: "mean" }
      ? Mean
      : number;

/** Types an aggregate of one's own: `custom<Sale>()({ create: () => …, … })`. */
export function custom<E>() {
  return <Accumulator, Result>(
    aggregate: Omit<CustomAggregate<E, Accumulator, Result>, "kind">,
  ): CustomAggregate<E, Accumulator, Result> => ({ kind: "custom", ...aggregate });
}

/** What an aggregate needs of its field: a safe integer, a finite number or null, or anything at all. */
export type FieldDemand = "integer" | "double" | "presence";

/** The field that an aggregate reads, and what it needs of it; null where it reads none. */
export function demandOf<E>(aggregate: Aggregate<E>): { readonly field: string; readonly demand: FieldDemand } | null {
  switch (aggregate.kind) {
    case "count":
    case "custom":
      return null;
    case "sum":
    case "mean":
      return { field: aggregate.field, demand: aggregate.of };
    case "min":
    case "max":
      return { field: aggregate.field, demand: "double" };
    case "count-non-null":
      return { field: aggregate.field, demand: "presence" };
  }
}

/** Where the reader of events puts the numbers that aggregates take. */
export interface NumberSlots {
  /** Holds 1. */
  readonly one: number;
  /** Holds the field's value, 0 for null. */
  value(field: string): number;
  /** Holds 1 where the field is not null, else 0. */
  presence(field: string): number;
}

/** A number of a row that grows by a number of the event. The first addition's is the row's first number, and so on. */
export interface Addition {
  readonly aggregate: number;
  readonly from: number;
  /** Whether it counts integers, which must stay exact. */
  readonly exact: boolean;
}

/** A number of a row that is the least or greatest so far, NaN before any. */
export interface Extreme {
  readonly slot: number;
  readonly from: number;
  readonly presence: number;
  readonly isMax: boolean;
}

/** Aggregates resolved to the numbers of a row: first those that are added to, then the extremes. */
export interface AggregatePlan<E> {
  readonly names: readonly string[];
  /** The numbers in the order of the definition, a mean's sum before its count: their positions in the row. */
  readonly order: readonly number[];
  readonly additions: readonly Addition[];
  readonly extremes: readonly Extreme[];
  readonly customs: readonly CustomAggregate<E, unknown, unknown>[];
  /** Per aggregate, its result from a row's numbers and accumulators. */
  readonly results: readonly ((numbers: Float64Array, at: number, accumulators: readonly unknown[]) => unknown)[];
}

export function planAggregates<E>(
  aggregates: Readonly<Record<string, Aggregate<E>>>,
  slots: NumberSlots,
): AggregatePlan<E> {
  const all = Object.values(aggregates);
  const added = all.map((aggregate) => additionsOf(aggregate, slots));
  const additions = added.flatMap((each, aggregate) => each.map((addition) => ({ aggregate, ...addition })));
  const extremes: Extreme[] = [];
  const customs: CustomAggregate<E, unknown, unknown>[] = [];
  const order: number[] = [];
  const results: AggregatePlan<E>["results"][number][] = [];
  let nextAddition = 0;
  for (const [index, aggregate] of all.entries()) {
    if (aggregate.kind === "custom") {
      const at = customs.push(aggregate) - 1;
      results.push((_numbers, _at, accumulators) => aggregate.result(accumulators[at]));
    } else if (aggregate.kind === "min" || aggregate.kind === "max") {
      const [from, presence] = [slots.value(aggregate.field), slots.presence(aggregate.field)];
      const slot = additions.length + extremes.length;
      extremes.push({ slot, from, presence, isMax: aggregate.kind === "max" });
      order.push(slot);
      results.push((numbers, at) => (Number.isNaN(numbers[at + slot]) ? null : numbers[at + slot]));
    } else {
      const slot = nextAddition;
      for (const _ of added[index] ?? []) order.push(nextAddition++);
      results.push(
        aggregate.kind === "mean"
          ? (numbers, at) => meanOf(numbers[at + slot] as number, numbers[at + slot + 1] as number)
          : (numbers, at) => numbers[at + slot],
      );
    }
  }
  return { names: Object.keys(aggregates), order, additions, extremes, customs, results };
}

/** The numbers that an aggregate adds up. */
function additionsOf<E>(aggregate: Aggregate<E>, slots: NumberSlots): Omit<Addition, "aggregate">[] {
  switch (aggregate.kind) {
    case "count":
      return [{ from: slots.one, exact: true }];
    case "count-non-null":
      return [{ from: slots.presence(aggregate.field), exact: true }];
    case "sum":
      return [{ from: slots.value(aggregate.field), exact: aggregate.of === "integer" }];
    case "mean":
      return [
        { from: slots.value(aggregate.field), exact: aggregate.of === "integer" },
        { from: slots.presence(aggregate.field), exact: true },
      ];
    default:
      return [];
  }
}

function meanOf(sum: number, count: number): Mean {
  return { mean: count === 0 ? null : sum / count, sum, count };
}
