import { setTimeout as sleep } from "node:timers/promises";
import { createProgressReader, isUnavailable, type PartitionProgress, type ProgressReader } from "@tidemark/sinks";
import { readOffsets } from "@tidemark/sources";
import { isRetryable, type KafkaPlace } from "./prepare.js";
import { progressOf, type Progress } from "./progress-meter.js";

interface EndOffset {
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

export interface CatchUpOptions extends KafkaPlace {
  readonly databaseUrl: string;
  readonly pipeline: string;
  readonly topic: string;
  /** Called once where something is left to read, or the topic is still missing. */
  readonly onBehind: () => void;
  /** Rejects with its reason when it aborts. */
  readonly signal: AbortSignal;
}

const pollMs = 50;
const topicPollMs = 500;

/**
 * Resolves once the end offsets that stand now are in Postgres, whoever read them, to the progress of all partitions. A
 * missing topic is waited for, and so is Postgres.
 */
export async function catchUp(options: CatchUpOptions): Promise<Progress> {
  options.signal.throwIfAborted();
  const reader = createProgressReader(options.databaseUrl, options);
  try {
    const ends = await readEndOffsets(options);
    return progressOf(await waitUntilCaughtUp(reader, ends, options));
  } finally {
    await reader.close();
  }
}

async function readEndOffsets(options: CatchUpOptions): Promise<readonly EndOffset[]> {
  const { brokers, connection, topic, onBehind, signal } = options;
  for (let isFirst = true; ; isFirst = false) {
    signal.throwIfAborted();
    try {
      return await readOffsets(brokers, topic, connection === undefined ? {} : { connection });
    } catch (error) {
      if (!isRetryable(error)) throw error;
    }
    if (isFirst) onBehind();
    await sleep(topicPollMs, undefined, { signal });
  }
}

/** A partition that was empty and never claimed is at its end. */
async function waitUntilCaughtUp(
  progress: ProgressReader,
  ends: readonly EndOffset[],
  { onBehind, signal }: CatchUpOptions,
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
