import { performance } from "node:perf_hooks";
import type { Pool } from "pg";
import { inTransaction, type WriterLimits } from "./connection.js";
import type { IdForgetting } from "./id-forgetting.js";

/** Forgets ids beside the checkpoints. Nobody waits for it; what fails is tried again later. */
export interface IdKeeper {
  /** A checkpoint was committed: ids may have become free. */
  onCommitted(): void;
  /** Resolves once it is at rest; it does not begin again. */
  stop(): Promise<void>;
}

const PAUSE_MS = 10_000;

/** `pauseMs`: between two runs; default 10 s, Infinity: there is none. */
export function createIdKeeper(pool: Pool, ids: IdForgetting, limits: WriterLimits, pauseMs = PAUSE_MS): IdKeeper {
  let running: Promise<void> | undefined;
  const stopping = new AbortController();
  let nextMs = pauseMs === Infinity ? Infinity : -Infinity;

  async function forgetFrom(block: number): Promise<number | undefined> {
    const { nextBlock } = await inTransaction(pool, limits, (client) => ids.forget(client, block));
    return nextBlock;
  }

  async function run(): Promise<void> {
    try {
      if (!(await inTransaction(pool, limits, (client) => ids.isDue(client)))) return;
      let block: number | undefined = 0;
      while (block !== undefined && !stopping.signal.aborted) block = await forgetFrom(block);
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
