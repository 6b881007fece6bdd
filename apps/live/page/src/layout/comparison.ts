import type { Range } from "../../../src/protocol.js";
import { rangeTitles } from "../choice.js";

/** What is more is easier to grasp as a multiple. */
const highestPercent = 999;

/** How a sum compares with that of the range before; just of which range it is, where there is nothing to compare with. */
export function compareWithBefore(now: number | null, then: number | null, range: Range): string {
  if (range === "all") return "since the first event";
  const { long, before } = rangeTitles[range];
  if (now === null || then === null || then === 0) return `in ${long}`;
  const percent = (now / then - 1) * 100;
  if (percent > highestPercent) {
    const times = (now / then).toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    return `${times} × that of ${before}`;
  }
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(1)} % on ${before}`;
}
