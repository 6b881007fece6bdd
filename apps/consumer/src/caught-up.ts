import { setTimeout as sleep } from "node:timers/promises";
import { isUnavailable, type PartitionProgress, type ProgressReader } from "@tidemark/sinks";

export interface EndOffset {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

const pollMs = 50;

/**
 * Resolves to the checkpoints once Postgres's next offset of every partition has reached its end, whoever wrote it. A partition that was
 * empty and never claimed is at its end. `onBehind` is called where the first look finds something missing. Postgres away is waited for. Rejects when `signal` aborts.
 */
export async function waitUntilCaughtUp(
  progress: ProgressReader,
  ends: readonly EndOffset[],
  onBehind: () => void,
  signal: AbortSignal,
): Promise<readonly PartitionProgress[]> {
  for (let isFirst = true; ; isFirst = false) {
    signal.throwIfAborted();
    const rows = await readWhereAvailable(progress);
    const reached = new Map(rows?.map((row) => [row.partition, row.nextOffset]));
    if (rows !== undefined && ends.every(({ partition, start, end }) => (reached.get(partition) ?? start) >= end)) {
      return rows;
    }
    if (isFirst) onBehind();
    await sleep(pollMs, undefined, { signal });
  }
}

async function readWhereAvailable(progress: ProgressReader): Promise<readonly PartitionProgress[] | undefined> {
  try {
    return await progress.read();
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}
