import { getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { inconsistentState } from "./errors.js";
import { finestRollups, type SinkTables } from "./sink-tables.js";
import { mergedSinceSizeMs } from "./tables/merged-partition.js";

/** The number of events in a rollup's windows of one partition that start at `sinceMs` or later. */
export interface CountQuestion {
  readonly rollup: string;
  readonly table: PgTable;
  /** The column, and property, that counts the events of a window. */
  readonly column: string;
  /** Epoch ms; -Infinity: all windows. */
  readonly sinceMs: number;
}

/**
 * Whether the windows of a partition agree with its ledger: each counted event is in one window of each rollup. A program that
 * did not restore its windows would have written smaller figures over them.
 */
export interface StateCheck {
  /** What to ask for a partition with this watermark. */
  questions(watermarkMs: number): readonly CountQuestion[];
  /** Throws SinkError `inconsistent-state` where an answer is wrong. The answers are in the order of the questions. */
  check(
    place: { readonly pipeline: string; readonly topic: string; readonly partition: number },
    counted: number,
    answers: readonly number[],
  ): void;
}

/** A rollup that counts its events. */
export interface CountedRollup {
  readonly name: string;
  readonly table: PgTable;
  readonly column: string;
  readonly sizeMs: number;
  /** Retention takes windows away from it. */
  readonly isShortened: boolean;
}

export function countedRollups(tables: SinkTables): readonly CountedRollup[] {
  const shortened = finestRollups(tables);
  return tables.rollups.flatMap(({ definition: { name, window, aggregates }, table }) => {
    const column = Object.keys(aggregates).find((one) => aggregates[one]?.kind === "count");
    return column === undefined
      ? []
      : [{ name, table, column, sizeMs: window.sizeMs, isShortened: shortened.includes(table) }];
  });
}

function ask({ name, table, column }: CountedRollup, sinceMs: number): CountQuestion {
  return { rollup: name, table, column, sinceMs };
}

/**
 * All windows of the coarsest rollup add up to the ledger: there are few of them, and retention leaves them. Finer rollups must
 * agree with it about the windows that may be open. `names`: tables that do not have all windows, beside those that retention
 * shortens. Undefined where no rollup counts its events, or only such ones do.
 */
export function createStateCheck(
  tables: SinkTables,
  allowedLatenessMs: number,
  names: ReadonlySet<string> = new Set(),
): StateCheck | undefined {
  const counted = countedRollups(tables);
  const whole = counted.filter(({ table, isShortened }) => !isShortened && !names.has(getTableName(table)));
  const coarsest = whole.toSorted((a, b) => b.sizeMs - a.sizeMs)[0];
  if (coarsest === undefined) return undefined;
  // What is merged is noted by the windows of one rollup: if that has not all windows, others cannot be asked for a part of theirs.
  const isNoted = coarsest.sizeMs === mergedSinceSizeMs(tables.rollups.map(({ definition }) => definition));
  const finer = counted.filter((one) => isNoted && one !== coarsest && coarsest.sizeMs % one.sizeMs === 0);

  return {
    questions(watermarkMs) {
      const all = ask(coarsest, -Infinity);
      if (watermarkMs === -Infinity) return [all];
      const closedMs = watermarkMs - allowedLatenessMs - coarsest.sizeMs;
      const openMs = (Math.floor(closedMs / coarsest.sizeMs) + 1) * coarsest.sizeMs;
      return [all, ...(finer.length === 0 ? [] : [coarsest, ...finer]).map((one) => ask(one, openMs))];
    },
    check(place, events, [all, open, ...others]) {
      if (all !== events) {
        throw inconsistentState(place, { path: `${coarsest.name}.${coarsest.column}`, stored: all, given: events });
      }
      for (const [at, { name, column }] of finer.entries()) {
        const stored = others[at];
        if (stored !== undefined && stored !== open) {
          throw inconsistentState(place, { path: `${name}.${column} of open windows`, stored, given: open });
        }
      }
    },
  };
}
