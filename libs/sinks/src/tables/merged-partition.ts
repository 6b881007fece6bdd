import { shortenedRollups } from "./shortened-rollups.js";

/**
 * Stands in the place of the partition in a rollup's row that holds a closed window of several partitions. It comes before all
 * partitions, in the order in which their figures are put together.
 */
export const MERGED_PARTITION = -1;

interface CountingRollup {
  readonly window: { readonly sizeMs: number };
  readonly aggregates: Readonly<Record<string, { readonly kind: string }>>;
}

/**
 * The windows, in ms, by which `tidemark.merged_windows` notes since when a partition has events in merged rows: those of the coarsest rollup that
 * counts events and keeps all windows, which a claim compares the others with; where there is none, those of the coarsest.
 */
export function mergedSinceSizeMs(rollups: readonly CountingRollup[]): number {
  const shortened = shortenedRollups(rollups);
  const counting = rollups.filter(
    (one) => Object.values(one.aggregates).some(({ kind }) => kind === "count") && !shortened.includes(one),
  );
  return Math.max(...(counting.length === 0 ? rollups : counting).map(({ window }) => window.sizeMs));
}
