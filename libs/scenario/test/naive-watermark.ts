import type { ScenarioRecord } from "../src/stream.js";

const WINDOW_SECONDS = 5;
const DELAY_SECONDS = 300;

/**
 * Which events a consumer with 5 s windows and a watermark delay of 5 minutes must find late, as plainly as it can be
 * put. `unwarmed`: indexes whose partition had no ordinary event within the last minute, so that nothing is promised.
 */
export function judgeByWatermark(
  records: readonly ScenarioRecord[],
  partitionOf: (key: string) => unknown,
): { late: number[]; unwarmed: Set<number> } {
  const newestTs = new Map<unknown, number>();
  const lastArrivalMs = new Map<unknown, number>();
  const late: number[] = [];
  const unwarmed = new Set<number>();
  for (const { index, key, event, label, arrivalMs } of records) {
    if (event === null) continue;
    const partition = partitionOf(key);
    const newest = newestTs.get(partition) ?? Number.NEGATIVE_INFINITY;
    const windowEnd = (Math.floor(event.Ts / WINDOW_SECONDS) + 1) * WINDOW_SECONDS;
    if (windowEnd <= newest - DELAY_SECONDS) late.push(index);
    if (label === "late" && arrivalMs - (lastArrivalMs.get(partition) ?? 0) > 55_000) unwarmed.add(index);
    if (label === "ordinary") lastArrivalMs.set(partition, arrivalMs);
    newestTs.set(partition, Math.max(newest, event.Ts));
  }
  return { late, unwarmed };
}
