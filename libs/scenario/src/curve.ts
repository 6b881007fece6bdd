/**
 * When event `index` arrives, in whole ms after the start, at a constant rate (events per second). Never falls as the
 * index rises.
 */
export function arrivalOffsetMs(ratePerSecond: number, index: number): number {
  return Math.round((index * 1000) / ratePerSecond);
}
