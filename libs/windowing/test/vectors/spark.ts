import type { Adapter } from "./case-run.js";
import { durationParse, invalidConfig } from "./refusals.js";
import { windowAssign } from "./shared-kinds.js";
import { chainedWindows, joinThenWindowedCount } from "./spark-chain-kinds.js";
import { windowedCount } from "./spark-count-kinds.js";
import { dedup, dedupThenWindowedCount, dedupWithinWatermark } from "./spark-dedup-kinds.js";
import { runningStatistics } from "./spark-statistics.js";
import { watermarkMerge } from "./spark-watermark.js";

/** Micro-batches: what they do is in `spark-batches.ts`, all that judges and counts is ours. */
export const spark: Readonly<Record<string, Adapter>> = {
  "windowed-count": windowedCount,
  "grouped-count-raw-time": windowedCount,
  "session-count": windowedCount,
  dedup,
  "dedup-within-watermark": dedupWithinWatermark,
  "dedup-then-windowed-count": dedupThenWindowedCount,
  "chained-windows": chainedWindows,
  "join-then-windowed-count": joinThenWindowedCount,
  "watermark-merge": watermarkMerge,
  "window-assign": windowAssign,
  "invalid-config": invalidConfig,
  "duration-parse": durationParse,
  stats: runningStatistics,
};
