import { performance } from "node:perf_hooks";
import type { Pool } from "pg";
import { inTransaction, type WriterLimits } from "./connection.js";
import type { TopicIds } from "./topic-ids.js";

/** Forgets ids beside the checkpoints. Nobody waits for it; what fails is tried again later. */
export interface IdKeeper {
  /** A checkpoint was committed: ids may have become free. */
  onCommitted(): void;
  /** Resolves once it is at rest; it does not begin again. */
  stop(): Promise<void>;
}

const MOST_AT_ONCE = 50_000;
const PAUSE_MS = 10_000;

/** `pauseMs`: between two runs; default 10 s, Infinity: there is none. */
export function createIdKeeper(pool: Pool, ids: TopicIds, limits: WriterLimits, pauseMs = PAUSE_MS): IdKeeper {
  let running: Promise<void> | undefined;
  const stopping = new AbortController();
  let nextMs = pauseMs === Infinity ? Infinity : -Infinity;

  async function run(): Promise<void> {
    try {
      let gone = MOST_AT_ONCE;
      while (gone === MOST_AT_ONCE && !stopping.signal.aborted)
        gone = await inTransaction(pool, limits, (client) => ids.forget(client, MOST_AT_ONCE));
    } catch {
      // The ids are still there for the next run.
    } finally {
      nextMs = performance.now() + pauseMs;
      running = undefined;
    }
  }

  return {
    onCommitted() {
      if (stopping.signal.aborted || running !== undefined || performance.now() < nextMs) return;
      running = run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
