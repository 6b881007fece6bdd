import type { Checkpoint } from "@tidemark/sinks";

/** About what a window's row takes on its way to the database. */
const ROW_BYTES = 150;

/** About what the windows of a checkpoint take in memory until it is committed. */
export function windowBytes({ changed, added = [] }: Checkpoint): number {
  return [...changed, ...added].reduce((sum, { rows }) => sum + rows.length, 0) * ROW_BYTES;
}
