import { backoffMs, wait } from "./backoff.js";
import { isRetryable } from "./errors.js";
import type { PartitionOffsets } from "./kafka-port.js";

/** Reads the offsets of one partition, as they stand at or after the call. */
export type ReadPartitionOffsets = (partition: number) => Promise<PartitionOffsets>;

/**
 * Calls that come while a read is under way share the next one, so that eight claims cost one or two questions. Outlives
 * retryable errors; other errors, and the signal, reject.
 */
export function createOffsetReader(
  readAll: () => Promise<readonly PartitionOffsets[]>,
  signal: AbortSignal,
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
    for (let failures = 1; ; failures += 1) {
      signal.throwIfAborted();
      try {
        const found = (await read()).find((offsets) => offsets.partition === partition);
        if (found !== undefined) return found;
      } catch (error) {
        if (!isRetryable(error)) throw error;
      }
      await wait(backoffMs(failures), signal);
    }
  };
}
