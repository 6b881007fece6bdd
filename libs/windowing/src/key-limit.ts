import { checkInteger, checkProperties } from "./checks.js";
import { refuseDefinition } from "./errors.js";

/**
 * A bound on the combinations of keys that have a row of their own in one window. The first `perWindow` combinations of a
 * window, in the order of the events, have one; those that come later are beyond the limit.
 */
export interface KeyLimit {
  /** An integer from 1 on. */
  readonly perWindow: number;
  /**
   * `other`: events of further combinations are counted in one more row, whose keys all read `OTHER_KEY`. An event whose own keys all
   * read so is counted there too, and that row takes no place. `reject`: they are rejected, and are in no window of any rollup.
   */
  readonly beyond: "other" | "reject";
}

/** The text of each key in the row of the combinations beyond a limit. */
export const OTHER_KEY = "other";

/** The row index holds 32-bit numbers, and a V8 Map ends at 2^24 entries. */
const MOST_KEYS = 10_000_000;

/** Throws a `RefusedValueError` (`bad-definition`). */
export function checkKeyLimit(
  path: string,
  limit: KeyLimit,
  rollup: { readonly keys: readonly string[]; readonly window: { readonly kind: string } },
): void {
  checkProperties(path, limit, ["perWindow", "beyond"]);
  checkInteger(`${path}.perWindow`, limit.perWindow, 1, MOST_KEYS, "combinations of keys");
  if (limit.beyond !== "other" && limit.beyond !== "reject") {
    throw refuseDefinition(`${path}.beyond`, limit.beyond, '"other" or "reject"');
  }
  if (rollup.keys.length === 0) throw refuseDefinition(path, limit, "no limit where a rollup has no keys");
  if (rollup.window.kind === "session") {
    // Sessions of two keys have no window in common, so nothing can be counted per window.
    throw refuseDefinition(path, limit, "no limit where windows are sessions: each belongs to one combination of keys");
  }
}

/** Whether each of the keys reads as those of the row beyond a limit do. `slots` are the positions of the keys' values. */
export function isOther(values: readonly string[], slots: readonly number[]): boolean {
  for (const slot of slots) if (values[slot] !== OTHER_KEY) return false;
  return true;
}
