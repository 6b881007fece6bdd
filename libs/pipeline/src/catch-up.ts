import { setTimeout as sleep } from "node:timers/promises";
import {
  answerWithin,
  createPatience,
  createProgressReader,
  type PartitionProgress,
  type Patience,
  type ProgressReader,
} from "@tidemark/sinks";
import { checkLog, readOffsets, type HeldRecords, type PartitionOffsets } from "@tidemark/sources";
import { logEndOf } from "./log-end.js";
import { isRetryable, type KafkaPlace } from "./prepare.js";
import { progressOf, type Progress } from "./progress-meter.js";

export interface CatchUpOptions extends KafkaPlace {
  readonly databaseUrl: string;
  readonly pipeline: string;
  readonly topic: string;
  /** After so long without an answer of Postgres it is asked on another connection; default 5,000 ms. */
  readonly answerTimeoutMs?: number;
  /** Called once where something is left to read, or the topic is still missing. */
  readonly onBehind: () => void;
  /** Called where nothing is left to read but what stands behind open transactions: at once, and then every half minute. */
  readonly onHeld?: (held: readonly HeldRecords[]) => void;
  /** Rejects with its reason when it aborts. */
  readonly signal: AbortSignal;
}

const pollMs = 50;
const defaultAnswerTimeoutMs = 5_000;
const reopenEveryMs = 30_000;
const topicPollMs = 500;
const transactionPollMs = 1_000;
const heldEveryMs = 30_000;

/**
 * Resolves once the end offsets that stand now are in Postgres, whoever read them, to the progress of all partitions. A
 * missing topic is waited for, and so is Postgres. Records behind an open transaction are in the log: its end is waited for too.
 * Rejects with SourceError `log-behind` or `log-replaced` where the checkpoints are those of another log.
 */
export async function catchUp(options: CatchUpOptions): Promise<Progress> {
  options.signal.throwIfAborted();
  const reader = createPatientReader(options);
  try {
    const ends = await readEndOffsets(options);
    const checkpoints = await waitUntilCaughtUp(reader, ends, options);
    await refuseOtherLog(checkpoints, options);
    return progressOf(checkpoints);
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
      try {
        return await answerWithin(answerTimeoutMs, reader.read(), signal);
      } catch (error) {
        // Nobody waits for a connection that may have gone silent.
        void close().catch(() => {});
        throw error;
      }
    },
    close,
  };
}

async function readEndOffsets(options: CatchUpOptions): Promise<readonly PartitionOffsets[]> {
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

/** Where nothing was left to read, nobody may have compared the log with the checkpoints: it may be that of a topic made anew. */
async function refuseOtherLog(checkpoints: readonly PartitionProgress[], options: CatchUpOptions): Promise<void> {
  const { brokers, connection, topic, signal } = options;
  const positions = checkpoints.map(({ partition, nextOffset, lastRecord }) => ({
    partition,
    nextOffset,
    lastRecord: lastRecord ?? undefined,
  }));
  for (;;) {
    signal.throwIfAborted();
    try {
      return await checkLog(brokers, topic, positions, { ...(connection !== undefined && { connection }), signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!isRetryable(error)) throw error;
    }
    await sleep(topicPollMs, undefined, { signal });
  }
}

/** A partition that was empty and never claimed is at its end. */
async function waitUntilCaughtUp(
  progress: ProgressReader,
  ends: readonly PartitionOffsets[],
  options: CatchUpOptions,
): Promise<readonly PartitionProgress[]> {
  const { onBehind, signal } = options;
  const patience = createPatience();
  const transactions = createTransactionWait(ends, options);
  for (let isFirst = true; ; isFirst = false) {
    signal.throwIfAborted();
    const rows = await readWhereAvailable(progress, patience);
    if (rows !== undefined) {
      const reached = new Map(rows.map((row) => [row.partition, row.nextOffset]));
      const behind = ends.filter((end) => (reached.get(end.partition) ?? end.start) < logEndOf(end));
      if (behind.length === 0) return rows;
      await transactions.look(behind, reached);
    }
    if (isFirst) onBehind();
    await sleep(pollMs, undefined, { signal });
  }
}

interface TransactionWait {
  /** Tells where all that can be read of the partitions that are behind has been read. */
  look(behind: readonly PartitionOffsets[], reached: ReadonlyMap<number, number>): Promise<void>;
}

/** Reads now and then whether the transactions are still open that hold back what the log held at the start. */
function createTransactionWait(ends: readonly PartitionOffsets[], options: CatchUpOptions): TransactionWait {
  const { brokers, connection, topic, onHeld, signal } = options;
  const since = new Map<number, { readonly from: number; readonly sinceMs: number }>();
  let stable = ends;
  let readMs = performance.now();
  let toldMs = -Infinity;

  async function readAgain(): Promise<void> {
    if (performance.now() - readMs < transactionPollMs) return;
    readMs = performance.now();
    try {
      stable = await readOffsets(brokers, topic, { ...(connection !== undefined && { connection }), signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!isRetryable(error)) throw error;
    }
  }

  function findHeld(behind: readonly PartitionOffsets[], reached: ReadonlyMap<number, number>): HeldRecords[] {
    return behind.flatMap((one) => {
      const { partition, start } = one;
      const from = stable.find((other) => other.partition === partition)?.end ?? one.end;
      const to = logEndOf(one);
      if (from >= to || (reached.get(partition) ?? start) < from) return [];
      const known = since.get(partition);
      const sinceMs = known?.from === from ? known.sinceMs : Date.now();
      since.set(partition, { from, sinceMs });
      return [{ partition, from, to, sinceMs }];
    });
  }

  return {
    async look(behind, reached) {
      if (findHeld(behind, reached).length < behind.length) return;
      await readAgain();
      const held = findHeld(behind, reached);
      if (held.length < behind.length || performance.now() - toldMs < heldEveryMs) return;
      toldMs = performance.now();
      onHeld?.(held);
    },
  };
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
