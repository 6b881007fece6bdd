/** The rollups from which retention drops windows: the finest, where coarser ones hold the same events. */
export function shortenedRollups<Rollup extends { readonly window: { readonly sizeMs: number } }>(
  rollups: readonly Rollup[],
): readonly Rollup[] {
  const sizesMs = rollups.map(({ window }) => window.sizeMs);
  const [finestMs, coarsestMs] = [Math.min(...sizesMs), Math.max(...sizesMs)];
  return rollups.filter(({ window }) => window.sizeMs === finestMs && window.sizeMs < coarsestMs);
}
