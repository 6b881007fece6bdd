import type { Duration } from "./duration.js";

/** The number of events. */
export interface Count {
  readonly kind: "count";
}

/** The number of events whose field is not null. */
export interface CountNonNull<Field extends string> {
  readonly kind: "count-non-null";
  readonly field: Field;
}

/** A sum, mean, least or greatest value of a number field or a rate. Nulls are left out. */
export interface NumberAggregate<Kind extends string, Field extends string> {
  readonly kind: Kind;
  readonly field: Field;
}

/** Windows of one size, one behind the other, which begin at whole multiples of it since 1970. */
export interface Tumbling {
  readonly kind: "tumbling";
  readonly size: Duration;
}

export function count(): Count {
  return { kind: "count" };
}

export function countNonNull<const Field extends string>(field: Field): CountNonNull<Field> {
  return { kind: "count-non-null", field };
}

/** Integers are added up exactly, and a sum beyond 2^53 is an error; doubles are added in offset order. */
export function sum<const Field extends string>(field: Field): NumberAggregate<"sum", Field> {
  return { kind: "sum", field };
}

/** Stored as `<name>_sum` and `<name>_count`, so that means of windows can be put together. */
export function mean<const Field extends string>(field: Field): NumberAggregate<"mean", Field> {
  return { kind: "mean", field };
}

export function min<const Field extends string>(field: Field): NumberAggregate<"min", Field> {
  return { kind: "min", field };
}

export function max<const Field extends string>(field: Field): NumberAggregate<"max", Field> {
  return { kind: "max", field };
}

/** Sizes of all rollups of a pipeline are multiples of the first one's. */
export function tumbling(size: Duration): Tumbling {
  return { kind: "tumbling", size };
}
