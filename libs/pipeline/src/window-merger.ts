import { setTimeout as sleep } from "node:timers/promises";
import { mergeWindows, type MergeOptions } from "@tidemark/sinks";
import type { PipelineEvent } from "./pipeline-event.js";
import { ProblemTeller } from "./problem-teller.js";

/**
 * Merges windows that are closed in all partitions, beside the checkpoints, which never wait for it. What readers of the views see
 * does not depend on it.
 */
export interface WindowMerger {
  /** Where a watermark has moved since the last run, or a partition became quiet, one is due. */
  on(event: PipelineEvent): void;
  /** Breaks off a run in progress. With `finish` it ends by itself, and one that is due is made. */
  stop(options: { readonly finish: boolean }): Promise<void>;
}

export interface WindowMergerOptions extends MergeOptions {
  readonly emit: (event: WindowMergerEvent) => void;
  /** Breaks off whatever is under way. */
  readonly signal: AbortSignal;
  /** How long it rests between two runs at least, in ms; default 5 s. Up to twelve times as long while there is nothing to merge. */
  readonly everyMs?: number;
}

type WindowMergerEvent = Extract<PipelineEvent, { readonly type: "windows-not-merged" }>;

const EVERY_MS = 5_000;
/** It rests so many times as long as a run took, so that it takes a small part of the server's time. */
const RESTS = 10;
/** A topic with keys, or of one partition, gives nothing to merge. */
const MOST_RESTS = 12;

export function createWindowMerger(options: WindowMergerOptions): WindowMerger {
  const { emit, everyMs = EVERY_MS } = options;
  const stopping = new AbortController();
  const signal = AbortSignal.any([options.signal, stopping.signal]);
  const waiting = new AbortController();
  const watermarks = new Map<number, number>();
  let isDue = false;
  let working: Promise<void> | undefined;
  const problems = new ProblemTeller((reason) => emit({ type: "windows-not-merged", reason }));
  let restMs = everyMs;

  /** Whether something was merged. */
  async function run(): Promise<boolean> {
    isDue = false;
    try {
      const { rows, isDone } = await mergeWindows(options, signal);
      isDue ||= !isDone;
      problems.onSucceeded();
      return rows > 0;
    } catch (error) {
      isDue = true;
      if (!signal.aborted) problems.onFailed(error);
      return false;
    }
  }

  async function work(): Promise<void> {
    const aborted = AbortSignal.any([signal, waiting.signal]);
    while (isDue && !aborted.aborted) {
      await sleep(restMs, undefined, { signal: aborted }).catch(() => {});
      if (aborted.aborted) break;
      const beganMs = performance.now();
      const hasMerged = await run();
      const usualMs = hasMerged ? everyMs : Math.min(2 * restMs, MOST_RESTS * everyMs);
      restMs = Math.max(usualMs, RESTS * (performance.now() - beganMs));
    }
    working = undefined;
  }

  return {
    on(event) {
      if (event.type === "committed") {
        const { partition, checkpoint } = event;
        if (watermarks.get(partition) === checkpoint.watermarkMs) return;
        watermarks.set(partition, checkpoint.watermarkMs);
      } else if (event.type !== "quiet") return;
      isDue = true;
      working ??= work();
    },
    async stop({ finish }) {
      waiting.abort();
      if (!finish) stopping.abort();
      await working;
      if (finish && isDue) await run();
    },
  };
}
