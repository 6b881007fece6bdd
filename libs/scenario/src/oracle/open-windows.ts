import type { OracleMeasure, OracleRollup } from "./definition.js";
import type { OracleRow } from "./row.js";

/** One row of a rollup: a window [windowStartMs, windowStartMs + size) and a combination of keys that had a counted event. */
export interface OracleWindow {
  readonly rollup: string;
  /** Epoch ms. */
  readonly windowStartMs: number;
  /** In the order of the rollup's keys. */
  readonly keys: readonly string[];
  /** In the order of the rollup's aggregates. */
  readonly values: readonly number[];
}

/** The windows of one rollup that have not been given away yet. */
export interface OpenWindows {
  /** Counts a row in its window. */
  add(row: OracleRow): void;
  /** Gives away the windows that end at or before `endMs`, by rising start, and forgets them. */
  takeEnded(endMs: number): OracleWindow[];
}

interface Growing extends OracleWindow {
  readonly values: number[];
}

/** The start of the tumbling window that holds a time, all in ms. */
export function windowStartOf(timeMs: number, sizeMs: number): number {
  return Math.floor(timeMs / sizeMs) * sizeMs;
}

export function createOpenWindows({ name, sizeMs, keys, aggregates }: OracleRollup): OpenWindows {
  const measures = Object.values(aggregates);
  const byStart = new Map<number, Map<string, Growing>>();

  function windowOf(row: OracleRow): Growing {
    const windowStartMs = windowStartOf(row.Ts * 1000, sizeMs);
    const byKeys = byStart.get(windowStartMs) ?? new Map<string, Growing>();
    byStart.set(windowStartMs, byKeys);
    const texts = keys.map((key) => String(row[key as keyof OracleRow]));
    // No text of an event has a NUL in it, so no two combinations read the same.
    const joined = texts.join("\0");
    const window = byKeys.get(joined) ?? { rollup: name, windowStartMs, keys: texts, values: measures.map(() => 0) };
    byKeys.set(joined, window);
    return window;
  }

  return {
    add(row) {
      const { values } = windowOf(row);
      for (const [at, measure] of measures.entries()) {
        const value = (values[at] ?? 0) + valueOf(measure, row);
        if (measure.kind === "sum" && measure.of === "integer" && !Number.isSafeInteger(value)) {
          throw new RangeError(`${name}: the sum of ${measure.field} is beyond 2^53, where doubles are not exact.`);
        }
        values[at] = value;
      }
    },
    takeEnded(endMs) {
      const ended = [...byStart].filter(([startMs]) => startMs + sizeMs <= endMs).sort(([a], [b]) => a - b);
      for (const [startMs] of ended) byStart.delete(startMs);
      return ended.flatMap(([, byKeys]) => [...byKeys.values()]);
    },
  };
}

/** What a row adds to a measure. */
function valueOf(measure: OracleMeasure, row: OracleRow): number {
  if (measure.kind === "count") return 1;
  const value = row[measure.field as keyof OracleRow];
  if (measure.kind === "count-non-null") return value === null ? 0 : 1;
  return value === null ? 0 : Number(value);
}
