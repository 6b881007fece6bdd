import { setTimeout as sleep } from "node:timers/promises";
import {
  applyRetention,
  isOfConnectionPhase,
  isUnavailable,
  retentionDay,
  type RetentionOptions,
} from "@tidemark/sinks";
import type { PipelineEvent } from "./pipeline-event.js";

/** Applies retention beside the checkpoints, which never wait for it. */
export interface RetentionKeeper {
  /** The first run, whatever has been read. */
  start(): void;
  /** Where a committed watermark bounds another day than before, or a partition became quiet, a run begins. */
  on(event: PipelineEvent): void;
  /** Breaks off a run in progress. With `finish` it ends by itself, and one that is due is made. */
  stop(options: { readonly finish: boolean }): Promise<void>;
}

export interface RetentionKeeperOptions extends RetentionOptions {
  readonly emit: (event: RetentionEvent) => void;
  /** Breaks off whatever is under way. */
  readonly signal: AbortSignal;
  /** How long to wait after a run that could not be finished, in ms; default 10 s. */
  readonly retryMs?: number;
}

type RetentionEvent = Extract<PipelineEvent, { readonly type: `retention-${string}` }>;

/** With tries every 10 s: once a minute. */
const reportedEvery = 6;

export function createRetentionKeeper(options: RetentionKeeperOptions): RetentionKeeper {
  const { emit, retryMs = 10_000 } = options;
  const stopping = new AbortController();
  const signal = AbortSignal.any([options.signal, stopping.signal]);
  const waiting = new AbortController();
  const daysReached = new Map<number, number>();
  let isDue = false;
  let running: Promise<void> | undefined;
  let lastProblem: string | undefined;
  /** Failures in a row. */
  let failures = 0;
  let isFailureTold = false;
  /** Runs in a row that could not be finished, since something was in use. */
  let misses = 0;

  /** Whether there is nothing left to do for now. */
  async function attempt(): Promise<boolean> {
    try {
      const { dropped, isDone } = await applyRetention(options, signal);
      for (const one of dropped) emit({ type: "retention-dropped", dropped: one });
      if (isFailureTold) emit({ type: "retention-recovered" });
      lastProblem = undefined;
      failures = 0;
      isFailureTold = false;
      misses = isDone ? 0 : misses + 1;
      if (misses > 0 && misses % reportedEvery === 0) emit({ type: "retention-postponed", tries: misses });
      return isDone;
    } catch (error) {
      if (signal.aborted) return true;
      reportFailure(error);
      return false;
    }
  }

  /** What the server says is told at once, and again now and then. A server that is away is told by the sink: here after a while. */
  function reportFailure(error: unknown): void {
    failures += 1;
    const reason = error instanceof Error ? error.message : String(error);
    const isNew = reason !== lastProblem;
    lastProblem = reason;
    const isTold = isAway(error) ? failures % reportedEvery === 0 : isNew || failures % (10 * reportedEvery) === 0;
    if (!isTold) return;
    isFailureTold = true;
    emit({ type: "retention-failed", reason, tries: failures });
  }

  async function work(): Promise<void> {
    while (isDue && !waiting.signal.aborted) {
      isDue = false;
      if (await attempt()) continue;
      isDue = true;
      await sleep(retryMs, undefined, { signal: AbortSignal.any([signal, waiting.signal]) }).catch(() => {});
    }
    running = undefined;
  }

  function start(): void {
    isDue = true;
    running ??= work();
  }

  return {
    start,
    on(event) {
      // Rows that it held back may go.
      if (event.type === "quiet") start();
      if (event.type !== "committed") return;
      const { partition, checkpoint } = event;
      const day = retentionDay(options, checkpoint.watermarkMs);
      if (!Number.isFinite(day) || daysReached.get(partition) === day) return;
      daysReached.set(partition, day);
      start();
    },
    async stop({ finish }) {
      waiting.abort();
      if (!finish) stopping.abort();
      await running;
      if (finish && isDue) await attempt();
      isDue = false;
    },
  };
}

/** Whether no server was there to say anything about what was asked. */
function isAway(error: unknown): boolean {
  return isUnavailable(error) && (!("severity" in error) || isOfConnectionPhase(error));
}
