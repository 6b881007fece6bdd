import type { Adapter } from "./case-run.js";
import { watermarkValve } from "./flink-valve.js";
import { alignmentPause, boundedOutOfOrderness, idlenessTimer, watermarkCombine } from "./flink-watermarks.js";
import { keyedWindowSum } from "./flink-windows.js";
import { invalidConfig } from "./refusals.js";
import { sessionMerge, windowAssign, windowStart } from "./shared-kinds.js";

export const flink: Readonly<Record<string, Adapter>> = {
  "keyed-window-sum": keyedWindowSum,
  "window-assign": windowAssign,
  "window-start": windowStart,
  "invalid-config": invalidConfig,
  "session-merge": sessionMerge,
  "watermark-valve": watermarkValve,
  "watermark-combine": watermarkCombine,
  "bounded-out-of-orderness": boundedOutOfOrderness,
  "idleness-timer": idlenessTimer,
  "alignment-pause": alignmentPause,
};
