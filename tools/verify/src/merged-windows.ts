import type { OracleWindow } from "@tidemark/scenario/oracle";
import type { ClosedTo } from "./closed-to.js";
import { isSame } from "./column.js";
import { combinesOf, type Combine } from "./combine.js";
import type { RollupTable } from "./stored-table.js";

/** What a partition has in merged rows of a rollup, by the log. */
export interface MergedPart {
  readonly events: number;
  /** Start of the newest window of the coarsest rollup in which it has something there, epoch ms; undefined: it has nothing. */
  readonly sinceMs: number | undefined;
  /** Its events there. */
  readonly eventsSince: number;
}

/** A row that holds a closed window of several partitions, and what these have in it by the log. */
interface MergedWindow {
  readonly startMs: number;
  readonly keys: readonly string[];
  readonly stored: readonly unknown[];
  sums: Sum[] | undefined;
  parts: number;
}

type Sum = number | bigint | null;

/** Something about a merged row that is not as it has to be. `column`: undefined where no partition has something in it. */
export interface MergedFault {
  readonly startMs: number;
  readonly keys: readonly string[];
  readonly column: number | undefined;
  readonly expected: unknown;
  readonly found: unknown;
}

/**
 * The rows of a rollup that hold closed windows of several partitions. The tables do not say which partitions are in one: those that
 * have closed the window and have no row of their own.
 */
export class MergedWindows {
  readonly #windows = new Map<string, MergedWindow>();
  readonly #parts = new Map<number, MergedPart>();
  readonly #combines: readonly Combine[];
  readonly #rollup: RollupTable;
  readonly #coarsestMs: number;
  /** Which value counts the events of a window; -1: none does. */
  readonly #countAt: number;

  constructor(rollup: RollupTable, coarsestMs: number) {
    this.#rollup = rollup;
    this.#coarsestMs = coarsestMs;
    this.#combines = combinesOf(rollup.rollup);
    const count = Object.entries(rollup.rollup.aggregates).find(([, { kind }]) => kind === "count")?.[0];
    this.#countAt = rollup.values.findIndex(({ name }) => name === count);
  }

  /** Rows that were given. */
  get size(): number {
    return this.#windows.size;
  }

  /** A row of the table. False: there is one of the same window already. */
  add(startMs: number, keys: readonly string[], stored: readonly unknown[]): boolean {
    const key = keyOf(startMs, keys);
    if (this.#windows.has(key)) return false;
    this.#windows.set(key, { startMs, keys, stored, sums: undefined, parts: 0 });
    return true;
  }

  /** A partition has closed the window, and no row of its own for it. False: no merged row has it either. In the order of partitions. */
  take(partition: number, { windowStartMs, keys, values }: OracleWindow): boolean {
    const window = this.#windows.get(keyOf(windowStartMs, keys));
    if (window === undefined) return false;
    window.parts += 1;
    window.sums = values.map((value, at) => add(this.#combines[at], window.sums?.[at] ?? null, value));
    const sinceMs = Math.floor(windowStartMs / this.#coarsestMs) * this.#coarsestMs;
    const events = this.#countAt < 0 ? 0 : Number(values[this.#countAt]);
    const before = this.partOf(partition);
    const hasSince = before.sinceMs === sinceMs;
    this.#parts.set(partition, {
      events: before.events + events,
      sinceMs,
      eventsSince: events + (hasSince ? before.eventsSince : 0),
    });
    return true;
  }

  partOf(partition: number): MergedPart {
    return this.#parts.get(partition) ?? { events: 0, sinceMs: undefined, eventsSince: 0 };
  }

  /**
   * What is wrong with the rows. A window up to `closedTo` may have been merged without a quiet partition, whose part came last then: its
   * sums of doubles are compared as closely as their order leaves it open.
   */
  *faults(closedTo: ClosedTo | undefined): Generator<MergedFault> {
    const openForMs = this.#rollup.rollup.window.sizeMs + (closedTo?.allowedLatenessMs ?? 0);
    for (const { startMs, keys, stored, sums, parts } of this.#windows.values()) {
      if (sums === undefined) {
        yield { startMs, keys, column: undefined, expected: undefined, found: stored };
        continue;
      }
      const isAnyOrder = closedTo !== undefined && startMs + openForMs <= closedTo.ms;
      for (const [at, column] of this.#rollup.values.entries()) {
        const [expected, found] = [column.toStored(sums[at]), stored[at]];
        if (isSame(expected, found)) continue;
        const isRough = isAnyOrder && this.#combines[at] === "double-sum";
        if (isRough && Math.abs(Number(expected) - Number(found)) <= parts * 2.3e-16 * Math.abs(Number(expected)))
          continue;
        yield { startMs, keys, column: at, expected, found };
      }
    }
  }
}

const keyOf = (startMs: number, keys: readonly string[]) => JSON.stringify([startMs, ...keys]);

function add(combine: Combine | undefined, sum: Sum, value: number | null): Sum {
  switch (combine) {
    case "min":
    case "max":
      if (sum === null || value === null) return sum ?? value;
      return Math[combine](Number(sum), value);
    case "double-sum":
      return sum === null ? value : Number(sum) + Number(value);
    default:
      // Of several partitions they may be beyond what a double holds.
      return BigInt(sum ?? 0) + BigInt(value ?? 0);
  }
}
