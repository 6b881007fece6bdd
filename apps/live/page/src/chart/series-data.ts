import type { ShownRow } from "../../../src/protocol.js";
import { compareNames } from "../names.js";
import { numberOf, textOf } from "../row.js";

/** Rows of a time series, turned round: one list of times, and for each name as many values. */
export interface SeriesData {
  /** Epoch ms, ascending. */
  readonly times: readonly number[];
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

/** `value` is the name of the column; series come by their names. */
export function pivotRows(rows: readonly ShownRow[], value: string): SeriesData {
  const times = [...new Set(rows.map((row) => numberOf(row, "time") ?? 0))].toSorted((a, b) => a - b);
  const place = new Map(times.map((time, at) => [time, at]));
  const series = new Map<string, (number | null)[]>();
  for (const row of rows) {
    const name = textOf(row, "metric");
    const values = series.get(name) ?? Array.from({ length: times.length }, () => null);
    series.set(name, values);
    const at = place.get(numberOf(row, "time") ?? 0);
    if (at !== undefined) values[at] = numberOf(row, value);
  }
  const names = [...series.keys()].toSorted(compareNames);
  return { times, series: names.map((name) => ({ name, values: series.get(name) ?? [] })) };
}

/** Each value on top of those of the series before it, for bars that stand on each other. */
export function stackSeries({ times, series }: SeriesData): SeriesData {
  const sums = times.map(() => 0);
  return {
    times,
    series: series.map(({ name, values }) => ({
      name,
      values: values.map((value, at) => {
        sums[at] = (sums[at] ?? 0) + (value ?? 0);
        return sums[at] ?? null;
      }),
    })),
  };
}

/**
 * How many points from the first on are of a time that events hardly come for any more. The others are still being filled: a
 * line through them would fall to nothing at its end.
 */
export function countSettled(times: readonly number[], intervalMs: number, settledMs: number): number {
  const open = times.findIndex((time) => time + intervalMs > settledMs);
  return open === -1 ? times.length : open;
}
