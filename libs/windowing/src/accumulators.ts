import type { Addition, AggregatePlan, Extreme } from "./aggregates.js";
import type { EventReader } from "./event-reader.js";

/** A row's accumulators as data: numbers in the order of the definition, NaN as null, then those of custom aggregates. */
export interface SavedAccumulators {
  readonly values: readonly (number | null)[];
  readonly custom?: readonly unknown[];
}

/** Each partition has a table for each rollup, and many partitions may have few windows. */
const LEAST_ROWS = 16;

/** The accumulators of a table's rows, all numbers in one array, so that a row costs eight bytes a number and no object. */
export class Accumulators<E> {
  readonly #plan: AggregatePlan<E>;
  readonly #width: number;
  readonly #froms: Int32Array;
  /** The names of the results: a copy of an object is far smaller than one that grows name by name. */
  readonly #blank: Readonly<Record<string, unknown>>;
  readonly #free: number[] = [];
  #rows = 0;
  #numbers: Float64Array;
  #customs: unknown[][] = [];

  constructor(plan: AggregatePlan<E>) {
    this.#plan = plan;
    this.#width = plan.order.length;
    this.#froms = Int32Array.from(plan.additions, ({ from }) => from);
    this.#blank = Object.fromEntries(plan.names.map((name) => [name, null]));
    this.#numbers = new Float64Array(LEAST_ROWS * this.#width);
  }

  /** Rows held. */
  get size(): number {
    return this.#rows - this.#free.length;
  }

  /** Bytes taken by their numbers. */
  get bytes(): number {
    return this.#numbers.byteLength;
  }

  /** A new row, its number one that was freed before or the next. */
  allocate(): number {
    const row = this.#free.pop() ?? this.#rows++;
    const at = row * this.#width;
    if (at + this.#width > this.#numbers.length) this.#grow(at + this.#width);
    this.#numbers.fill(0, at, at + this.#width);
    for (const { slot } of this.#plan.extremes) this.#numbers[at + slot] = Number.NaN;
    if (this.#plan.customs.length > 0) this.#customs[row] = this.#plan.customs.map((custom) => custom.create());
    return row;
  }

  free(row: number): void {
    if (this.#plan.customs.length > 0) this.#customs[row] = [];
    this.#free.push(row);
  }

  /** Adds an event. Returns the number of an aggregate whose sum left what can be summed, else -1. */
  add(row: number, reader: EventReader<E>, event: E): number {
    const froms = this.#froms;
    const values = this.#numbers;
    const numbers = reader.numbers;
    const at = row * this.#width;
    let overflowed = -1;
    // A null adds 0, which changes no sum: sums begin at +0, and so are never -0.
    for (let index = 0; index < froms.length; index++) {
      const sum = (values[at + index] as number) + (numbers[froms[index] as number] as number);
      values[at + index] = sum;
      if (sum > Number.MAX_SAFE_INTEGER || sum < -Number.MAX_SAFE_INTEGER) {
        if (isOverflow(this.#plan.additions[index] as Addition, sum)) overflowed = index;
      }
    }
    if (this.#plan.extremes.length > 0) this.#addExtremes(at, numbers);
    if (this.#plan.customs.length > 0) this.#addCustoms(row, event);
    return overflowed < 0 ? -1 : (this.#plan.additions[overflowed] as Addition).aggregate;
  }

  /** Adds what row `from` holds, and leaves that as it is. Returns as `add` does. */
  merge(into: number, from: number): number {
    const values = this.#numbers;
    const at = into * this.#width;
    const other = from * this.#width;
    let overflowed = -1;
    for (const [slot, addition] of this.#plan.additions.entries()) {
      const sum = (values[at + slot] as number) + (values[other + slot] as number);
      values[at + slot] = sum;
      if (isOverflow(addition, sum)) overflowed = addition.aggregate;
    }
    for (const { slot, isMax } of this.#plan.extremes) {
      values[at + slot] = extremeOf(values[at + slot] as number, values[other + slot] as number, isMax);
    }
    const [left, right] = [this.#customs[into], this.#customs[from]];
    for (const [index, custom] of this.#plan.customs.entries()) {
      if (left !== undefined && right !== undefined) left[index] = custom.merge(left[index], right[index]);
    }
    return overflowed;
  }

  /** The row's results, by the names of the aggregates. */
  results(row: number): Record<string, unknown> {
    const at = row * this.#width;
    const customs = this.#customs[row] ?? [];
    const results: Record<string, unknown> = { ...this.#blank };
    const { names, results: resolvers } = this.#plan;
    for (let index = 0; index < names.length; index++) {
      results[names[index] as string] = resolvers[index]?.(this.#numbers, at, customs);
    }
    return results;
  }

  /** A copy of the row's accumulators; those of custom aggregates are copied by way of JSON. */
  save(row: number): SavedAccumulators {
    const at = row * this.#width;
    const values = this.#plan.order.map((slot) => {
      const value = this.#numbers[at + slot] as number;
      return Number.isNaN(value) ? null : value;
    });
    return this.#plan.customs.length === 0 ? { values } : { values, custom: copyJson(this.#customs[row] ?? []) };
  }

  restore(row: number, { values, custom = [] }: SavedAccumulators): void {
    const at = row * this.#width;
    for (const [index, slot] of this.#plan.order.entries()) this.#numbers[at + slot] = values[index] ?? Number.NaN;
    if (this.#plan.customs.length > 0) this.#customs[row] = copyJson([...custom]);
  }

  #addExtremes(at: number, numbers: Float64Array): void {
    const values = this.#numbers;
    for (const { slot, from, presence, isMax } of this.#plan.extremes as Extreme[]) {
      if (numbers[presence] === 0) continue;
      values[at + slot] = extremeOf(values[at + slot] as number, numbers[from] as number, isMax);
    }
  }

  #addCustoms(row: number, event: E): void {
    const accumulators = this.#customs[row] as unknown[];
    for (const [index, custom] of this.#plan.customs.entries()) {
      accumulators[index] = custom.add(accumulators[index], event);
    }
  }

  #grow(numbers: number): void {
    const grown = new Float64Array(Math.max(numbers, this.#numbers.length * 2));
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}

function isOverflow({ exact }: Addition, sum: number): boolean {
  return exact ? Math.abs(sum) > Number.MAX_SAFE_INTEGER : !Number.isFinite(sum);
}

/** NaN is none. */
function extremeOf(left: number, right: number, isMax: boolean): number {
  if (Number.isNaN(left)) return right;
  if (Number.isNaN(right)) return left;
  return right > left === isMax ? right : left;
}

function copyJson(values: unknown[]): unknown[] {
  return JSON.parse(JSON.stringify(values)) as unknown[];
}
