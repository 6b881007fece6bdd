import { setTimeout as sleep } from "node:timers/promises";
import {
  createPatience,
  createProgressReader,
  type PartitionProgress,
  type Patience,
  type ProgressReader,
} from "@tidemark/sinks";
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
  /** After so long without an answer of Postgres it is asked on another connection; default 5,000 ms. */
  readonly answerTimeoutMs?: number;
  /** Called once where something is left to read, or the topic is still missing. */
  readonly onBehind: () => void;
  /** Rejects with its reason when it aborts. */
  readonly signal: AbortSignal;
}

const pollMs = 50;
const defaultAnswerTimeoutMs = 5_000;
const reopenEveryMs = 30_000;
const topicPollMs = 500;

/**
 * Resolves once the end offsets that stand now are in Postgres, whoever read them, to the progress of all partitions. A
 * missing topic is waited for, and so is Postgres.
 */
export async function catchUp(options: CatchUpOptions): Promise<Progress> {
  options.signal.throwIfAborted();
  const reader = createPatientReader(options);
  try {
    const ends = await readEndOffsets(options);
    return progressOf(await waitUntilCaughtUp(reader, ends, options));
  } finally {
    await reader.close();
  }
}

/**
 * Reads on a new connection after a failure, and after some seconds of silence: the network can lose a connection without a
 * word. And now and then for no reason: after a failover, a connection may lead to a server that no longer hears of commits.
 */
function createPatientReader(options: CatchUpOptions): ProgressReader {
  const { databaseUrl, answerTimeoutMs = defaultAnswerTimeoutMs, signal } = options;
  let reader: ProgressReader | undefined;
  let openedMs = 0;

  async function close(): Promise<void> {
    const closing = reader;
    reader = undefined;
    await closing?.close();
  }

  return {
    async read() {
      if (performance.now() - openedMs > reopenEveryMs) await close();
      if (reader === undefined) {
        reader = createProgressReader(databaseUrl, options);
        openedMs = performance.now();
      }
      const done = new AbortController();
      const late = sleep(answerTimeoutMs, undefined, { signal: AbortSignal.any([signal, done.signal]) }).then(() => {
        throw new Error(`Postgres has not answered for ${answerTimeoutMs / 1000} s`);
      });
      late.catch(() => {});
      try {
        return await Promise.race([reader.read(), late]);
      } catch (error) {
        // Nobody waits for a connection that may have gone silent.
        void close().catch(() => {});
        throw error;
      } finally {
        done.abort();
      }
    },
    close,
  };
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
  const patience = createPatience();
  for (let isFirst = true; ; isFirst = false) {
    signal.throwIfAborted();
    const rows = await readWhereAvailable(progress, patience);
    const reached = new Map(rows?.map((row) => [row.partition, row.nextOffset]));
    if (rows !== undefined && ends.every(({ partition, start, end }) => (reached.get(partition) ?? start) >= end)) {
      return rows;
    }
    if (isFirst) onBehind();
    await sleep(pollMs, undefined, { signal });
  }
}

async function readWhereAvailable(
  progress: ProgressReader,
  patience: Patience,
): Promise<readonly PartitionProgress[] | undefined> {
  try {
    return await progress.read();
  } catch (error) {
    if (patience.allows(error)) return undefined;
    throw error;
  }
}
