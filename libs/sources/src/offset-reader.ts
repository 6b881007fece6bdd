import { backoffMs, wait } from "./backoff.js";
import { isRetryable } from "./errors.js";
import type { PartitionOffsets } from "./kafka-port.js";

/** Reads the offsets of one partition, as they stand at or after the call. */
export type ReadPartitionOffsets = (partition: number) => Promise<PartitionOffsets>;

/** A partition that Kafka does not list in so many answers, over about half a minute, does not exist. */
const ANSWERS_WITHOUT = 10;

/**
 * Calls that come while a read is under way share the next one, so that eight claims cost one or two questions. Outlives
 * retryable errors; other errors, and the signal, reject; so does what `missing` makes for a partition that does not exist.
 */
export function createOffsetReader(
  readAll: () => Promise<readonly PartitionOffsets[]>,
  signal: AbortSignal,
  missing: (partition: number, known: number) => Error,
): ReadPartitionOffsets {
  let running: Promise<readonly PartitionOffsets[]> | undefined;
  let next: Promise<readonly PartitionOffsets[]> | undefined;

  function read(): Promise<readonly PartitionOffsets[]> {
    if (running !== undefined) {
      next ??= running.then(
        () => startNext(),
        () => startNext(),
      );
      return next;
    }
    const started = readAll().finally(() => {
      running = undefined;
    });
    running = started;
    return started;
  }

  function startNext(): Promise<readonly PartitionOffsets[]> {
    next = undefined;
    return read();
  }

  return async (partition) => {
    let answers = 0;
    for (let failures = 1; ; failures += 1) {
      signal.throwIfAborted();
      try {
        const all = await read();
        const found = all.find((offsets) => offsets.partition === partition);
        if (found !== undefined) return found;
        answers += 1;
        if (answers === ANSWERS_WITHOUT) throw missing(partition, all.length);
      } catch (error) {
        if (!isRetryable(error)) throw error;
      }
      await wait(backoffMs(failures), signal);
    }
  };
}
