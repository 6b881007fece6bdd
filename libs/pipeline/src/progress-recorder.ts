import { setTimeout as sleep } from "node:timers/promises";
import {
  forgetProgress,
  isUnavailable,
  recordProgress,
  type Observer,
  type ProgressObservation,
} from "@tidemark/sinks";

/**
 * Writes down how the consumer gets on, beside the checkpoints. Nothing waits for it: an observation that Postgres does not
 * take is dropped.
 */
export interface ProgressRecorder {
  start(): void;
  /** The partition was claimed, and goes on at `nextOffset`. */
  own(partition: number, log: { readonly logEndOffset: number }, nextOffset: number): void;
  /** It went to another consumer: what it did until then is written once more. */
  release(partition: number): void;
  committed(partition: number, checkpoint: CommittedCheckpoint): void;
  paused(partition: number): void;
  /** Breaks off what is under way. With `finish`, writes what has been observed since the last time, in a second or not at all. */
  stop(options: { readonly finish: boolean }): Promise<void>;
}

export interface CommittedCheckpoint {
  readonly nextOffset: number;
  readonly records: number;
  readonly durationMs: number;
}

export interface ProgressRecorderOptions extends Observer {
  readonly onNote: (text: string) => void;
  /** How long an observation is, in ms; default 10 s. */
  readonly everyMs?: number;
}

interface Observed {
  log: { readonly logEndOffset: number };
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
  const { onNote, everyMs = 10_000 } = options;
  const stopping = new AbortController();
  const partitions = new Map<number, Observed>();
  let ticker: NodeJS.Timeout | undefined;
  let sinceMs = performance.now();
  let forgotMs = -Infinity;
  let writing: Promise<void> | undefined;
  let lastProblem: string | undefined;

  /** What was observed since the last time. */
  function take(nowMs: number): ProgressObservation[] {
    const seconds = (nowMs - sinceMs) / 1000;
    sinceMs = nowMs;
    return [...partitions].map(([partition, observed]) => {
      const { log, nextOffset, records, checkpoints, msSum, msMax, pauses } = observed;
      const lag = Math.max(log.logEndOffset - nextOffset, 0);
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
      lastProblem = undefined;
    } catch (error) {
      // That Postgres is away is said by the sink.
      if (!stopping.signal.aborted && !isUnavailable(error)) noteProblem(error);
    }
    writing = undefined;
  }

  function noteProblem(error: unknown): void {
    const problem = error instanceof Error ? error.message : String(error);
    if (problem !== lastProblem) onNote(`progress: not recorded (${problem})`);
    lastProblem = problem;
  }

  return {
    start() {
      sinceMs = performance.now();
      // Where the last one is still under way, this one becomes longer.
      ticker = setInterval(() => (writing ??= write(performance.now())), everyMs);
    },
    own(partition, log, nextOffset) {
      const before = partitions.get(partition) ?? nothing;
      partitions.set(partition, { ...before, log, nextOffset, isOwned: true });
    },
    release(partition) {
      const observed = partitions.get(partition);
      if (observed !== undefined) observed.isOwned = false;
    },
    committed(partition, { nextOffset, records, durationMs }) {
      const observed = partitions.get(partition);
      if (observed === undefined) return;
      observed.nextOffset = nextOffset;
      observed.records += records;
      observed.checkpoints += 1;
      observed.msSum += durationMs;
      observed.msMax = Math.max(observed.msMax, durationMs);
    },
    paused(partition) {
      const observed = partitions.get(partition);
      if (observed !== undefined) observed.pauses += 1;
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
