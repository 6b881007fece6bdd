import type { Scenario } from "./scenario.js";

/**
 * What an event is, beside it and never on the wire.
 *
 * - `late`: its Ts lies so far back that its partition's watermark has passed it
 * - `duplicate`: the bytes of an ordinary event a little before it
 * - `malformed`: bytes that `decode` rejects
 * - `zero-visitors`: no visitors, hence no rates
 */
export type Label = "ordinary" | "late" | "duplicate" | "malformed" | "zero-visitors";

/** What event is meant to be, for a number 0 <= draw < 1 that is uniform. */
export function labelOf(faults: Scenario["faults"], draw: number): Label {
  let bound = faults.late.share;
  if (draw < bound) return "late";
  bound += faults.duplicate.share;
  if (draw < bound) return "duplicate";
  bound += faults.malformed.share;
  if (draw < bound) return "malformed";
  bound += faults.zeroVisitors.share;
  return draw < bound ? "zero-visitors" : "ordinary";
}
