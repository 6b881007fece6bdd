import { setTimeout as sleep } from "node:timers/promises";
import { createProgressReader, isUnavailable, type PartitionProgress, type ProgressReader } from "@tidemark/sinks";
import { socmedData } from "@tidemark/socmed/tables";
import { readOffsets } from "@tidemark/sources";
import { progressOf, type Progress } from "./progress.js";

interface EndOffset {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

const pollMs = 50;
const topicPollMs = 500;

/**
 * Resolves once the end offsets that stand now are in Postgres, to what all partitions have reached, whoever read them. A
 * topic that is missing is waited for. `startReading` is called once it is clear that something is left to read.
 */
export async function catchUp(
  databaseUrl: string,
  brokers: readonly string[],
  topic: string,
  startReading: () => void,
  signal: AbortSignal,
): Promise<Progress | undefined> {
  const reader = createProgressReader(databaseUrl, { pipeline: socmedData.name, topic });
  try {
    const ends = await readEndOffsets(brokers, topic, startReading, signal);
    return progressOf(await waitUntilCaughtUp(reader, ends, startReading, signal));
  } catch (error) {
    if (!signal.aborted) throw error;
    return undefined;
  } finally {
    await reader.close();
  }
}

async function readEndOffsets(
  brokers: readonly string[],
  topic: string,
  startReading: () => void,
  signal: AbortSignal,
): Promise<readonly EndOffset[]> {
  for (let isFirst = true; ; isFirst = false) {
    signal.throwIfAborted();
    try {
      return await readOffsets(brokers, topic);
    } catch (error) {
      if (!(error instanceof Error && "retryable" in error && error.retryable === true)) throw error;
    }
    if (isFirst) startReading();
    await sleep(topicPollMs, undefined, { signal });
  }
}

/**
 * Resolves to the checkpoints once Postgres's next offset of every partition has reached its end, whoever wrote it. A partition that was
 * empty and never claimed is at its end. `onBehind` is called where the first look finds something missing. Postgres away is waited for. Rejects when `signal` aborts.
 */
async function waitUntilCaughtUp(
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
