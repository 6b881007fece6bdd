import { setTimeout as sleep } from "node:timers/promises";
import { forgetProgress, recordProgress, type Observer, type ProgressObservation } from "@tidemark/sinks";
import type { PartitionReach, PipelineEvent } from "./pipeline-event.js";
import { ProblemTeller } from "./problem-teller.js";

/**
 * Records how a pipeline gets on, beside the checkpoints. Nothing waits for it: an observation that Postgres does not take
 * is dropped.
 */
export interface ProgressRecorder {
  start(): void;
  on(event: PipelineEvent): void;
  /** Breaks off a write under way. With `finish`, writes the last observations within a second, or not at all. */
  stop(options: { readonly finish: boolean }): Promise<void>;
}

export interface ProgressRecorderOptions extends Observer {
  /** Observations were not recorded, for a reason that waiting does not help. Called once for each reason. */
  readonly onFailed: (reason: string) => void;
  /** How long an observation is, in ms; default 10 s. */
  readonly everyMs?: number;
}

interface Observed {
  reach: Pick<PartitionReach, "logEndOffset">;
  nextOffset: number;
  isOwned: boolean;
  records: number;
  checkpoints: number;
  msSum: number;
  msMax: number;
  pauses: number;
}

const keptDays = 7;
const forgetEveryMs = 3_600_000;
const lastWriteMs = 1_000;
const nothing = { records: 0, checkpoints: 0, msSum: 0, msMax: 0, pauses: 0 };

export function createProgressRecorder(options: ProgressRecorderOptions): ProgressRecorder {
  const { onFailed, everyMs = 10_000 } = options;
  const stopping = new AbortController();
  const partitions = new Map<number, Observed>();
  let ticker: NodeJS.Timeout | undefined;
  let sinceMs = performance.now();
  let forgotMs = -Infinity;
  let writing: Promise<void> | undefined;
  const problems = new ProblemTeller(onFailed);

  /** The observations since the last time. */
  function take(nowMs: number): ProgressObservation[] {
    const seconds = (nowMs - sinceMs) / 1000;
    sinceMs = nowMs;
    return [...partitions].map(([partition, observed]) => {
      const { reach, nextOffset, records, checkpoints, msSum, msMax, pauses } = observed;
      const lag = Math.max(reach.logEndOffset - nextOffset, 0);
      if (observed.isOwned) Object.assign(observed, nothing);
      else partitions.delete(partition);
      const times = { checkpoint_ms_sum: msSum, checkpoint_ms_max: msMax };
      return { partition, seconds, records, checkpoints, ...times, lag, pauses };
    });
  }

  async function write(nowMs: number): Promise<void> {
    try {
      await recordProgress(options, take(nowMs), stopping.signal);
      if (nowMs - forgotMs >= forgetEveryMs) {
        await forgetProgress(options, keptDays, stopping.signal);
        forgotMs = nowMs;
      }
      problems.onSucceeded();
    } catch (error) {
      if (!stopping.signal.aborted) problems.onFailed(error);
    }
    writing = undefined;
  }

  return {
    start() {
      sinceMs = performance.now();
      // An observation becomes longer while the last one is still being written.
      ticker = setInterval(() => (writing ??= write(performance.now())), everyMs);
    },
    on(event) {
      switch (event.type) {
        case "claimed": {
          const { partition, claim, reach } = event;
          const before = partitions.get(partition) ?? nothing;
          partitions.set(partition, { ...before, reach, nextOffset: claim.nextOffset, isOwned: true });
          return;
        }
        case "committed": {
          const observed = partitions.get(event.partition);
          if (observed === undefined) return;
          observed.nextOffset = event.checkpoint.nextOffset;
          observed.records += event.records;
          observed.checkpoints += 1;
          observed.msSum += event.durationMs;
          observed.msMax = Math.max(observed.msMax, event.durationMs);
          return;
        }
        case "paused": {
          const observed = partitions.get(event.partition);
          if (observed !== undefined) observed.pauses += 1;
          return;
        }
        case "revoked":
          // Its last observation is written once more.
          for (const partition of event.partitions) {
            const observed = partitions.get(partition);
            if (observed !== undefined) observed.isOwned = false;
          }
          return;
        default:
      }
    },
    async stop({ finish }) {
      clearInterval(ticker);
      if (finish) {
        const last = (writing ?? Promise.resolve()).then(() => write(performance.now()));
        await Promise.race([last, sleep(lastWriteMs, undefined, { ref: false })]);
      }
      stopping.abort();
    },
  };
}
