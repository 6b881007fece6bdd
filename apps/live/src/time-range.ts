import { ranges, type Range } from "./protocol.js";

/** More points than a chart has room for cost time and show nothing: on a desk it is some 430 px wide. */
const mostPoints = 150;

/** Shown where nothing is known that `all` could begin with. */
const emptyRangeMs = ranges["5m"];

/** What is known of the data, epoch ms. */
export interface Extent {
  /** By Postgres's clock. */
  readonly nowMs: number;
  /** The start of the topic's first window. */
  readonly firstMs: number | null;
  /** The time of the newest event. */
  readonly newestMs: number | null;
  /** When a consumer was first heard of, by its clock. */
  readonly observedMs: number | null;
}

export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly intervalMs: number;
}

/** The time range up to now, and how far apart a series' points are to be so that it has `mostPoints` at most. */
export function resolveRange(range: Range, { nowMs, firstMs, newestMs, observedMs }: Extent): TimeRange {
  if (range !== "all") return { fromMs: nowMs - ranges[range], toMs: nowMs, intervalMs: intervalOf(ranges[range]) };
  const fromMs = Math.min(firstMs ?? nowMs - emptyRangeMs, nowMs);
  // Events may lie years back while consumers are heard of today. What lies between has no points.
  const ofEvents = Math.min(newestMs ?? nowMs, nowMs) - fromMs;
  const ofConsumers = nowMs - Math.max(observedMs ?? nowMs, fromMs);
  return { fromMs, toMs: nowMs, intervalMs: intervalOf(Math.max(ofEvents, ofConsumers)) };
}

const intervalOf = (ms: number): number => Math.max(1_000, Math.ceil(ms / mostPoints));
