import { setTimeout as sleep } from "node:timers/promises";
import { applyRetention, isUnavailable, retentionDay, type DroppedRows, type RetentionOptions } from "@tidemark/sinks";

/** Applies retention beside the checkpoints, which never wait for it. */
export interface RetentionKeeper {
  /** The first run, whatever has been read. */
  start(): void;
  /** A partition's committed watermark, epoch ms. Where it bounds another day than before, a run begins. */
  reach(partition: number, watermarkMs: number): void;
  /** Breaks off a run in progress. With `finish` it ends by itself, and one that is due is made. */
  stop(options: { readonly finish: boolean }): Promise<void>;
}

export interface RetentionKeeperOptions extends RetentionOptions {
  readonly onNote: (text: string) => void;
  /** Breaks off whatever is under way. */
  readonly signal: AbortSignal;
  /** How long to wait after a run that could not be finished, in ms; default 10 s. */
  readonly retryMs?: number;
}

/** With tries every 10 s: once a minute. */
const saidEvery = 6;

const rows = new Intl.NumberFormat("en-US");

function describe({ table, rows: count, beforeMs }: DroppedRows): string {
  const date = new Date(beforeMs).toISOString().slice(0, "2024-02-04".length);
  return `retention: dropped ${rows.format(count)} row${count === 1 ? "" : "s"} of ${table} before ${date}`;
}

export function createRetentionKeeper(options: RetentionKeeperOptions): RetentionKeeper {
  const { onNote, retryMs = 10_000 } = options;
  const stopping = new AbortController();
  const signal = AbortSignal.any([options.signal, stopping.signal]);
  const waiting = new AbortController();
  const daysReached = new Map<number, number>();
  let isDue = false;
  let running: Promise<void> | undefined;
  let lastProblem: string | undefined;
  /** Runs in a row that could not be finished, since something was in use. */
  let misses = 0;

  /** Whether there is nothing left to do for now. */
  async function attempt(): Promise<boolean> {
    try {
      const { dropped, isDone } = await applyRetention(options, signal);
      for (const one of dropped) onNote(describe(one));
      lastProblem = undefined;
      misses = isDone ? 0 : misses + 1;
      if (misses > 0 && misses % saidEvery === 0) {
        onNote(
          `retention: tables were in use at each of ${misses} tries, so that not all could be dropped; trying again`,
        );
      }
      return isDone;
    } catch (error) {
      if (signal.aborted) return true;
      // That Postgres is away is said by the sink.
      if (!isUnavailable(error)) noteProblem(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  function noteProblem(problem: string): void {
    if (problem !== lastProblem) onNote(`retention: nothing was dropped (${problem}); trying again`);
    lastProblem = problem;
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
    reach(partition, watermarkMs) {
      const day = retentionDay(options, watermarkMs);
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
