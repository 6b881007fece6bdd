import { setTimeout as sleep } from "node:timers/promises";
import type { ProgressReader } from "@tidemark/sinks";

export interface EndOffset {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

const pollMs = 50;

/**
 * Resolves once Postgres's next offset of every partition has reached its end, whoever wrote it. A partition that was
 * empty and never claimed is at its end. Postgres away is waited for. Rejects when `signal` aborts.
 */
export async function waitUntilCaughtUp(
  progress: ProgressReader,
  ends: readonly EndOffset[],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const rows = await progress.read().catch(() => []);
    const reached = new Map(rows.map((row) => [row.partition, row.nextOffset]));
    if (ends.every(({ partition, start, end }) => (reached.get(partition) ?? start) >= end)) return;
    await sleep(pollMs, undefined, { signal });
  }
}
