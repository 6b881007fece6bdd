import { backoffMs, wait } from "./backoff.js";
import { logBehind } from "./errors.js";
import { checkOffset } from "./offset.js";
import type { PartitionOffsets } from "./kafka-port.js";
import type { ReadPartitionOffsets } from "./offset-reader.js";
import type { Claim, PartitionTask } from "./task.js";

export interface ClaimerContext {
  readonly topic: string;
  readonly partition: number;
  readonly claim: Claim;
  readonly readOffsets: ReadPartitionOffsets;
  readonly stopping: AbortSignal;
  /** `offsets` were read before the claim. */
  owned(task: PartitionTask, offsets: PartitionOffsets): void;
  /** The newest claim failed. */
  failed(error: unknown): void;
  /** A task broke its promise that `close` does not throw. */
  broken(error: unknown): void;
}

/** Claims and closes of one partition, strictly one after another, so that an old claim never overtakes a new one. */
export interface Claimer {
  /** Voids what was begun, and claims anew, later after more failures. Ends in `owned` or `failed`, unless it is voided. */
  claim(failures: number): void;
  /** Voids a claim that is waiting or under way: the task that it may still get is closed. */
  cancel(): void;
  close(task: PartitionTask, flush: boolean): void;
  /** Resolves when all that was begun is through. */
  settled(): Promise<void>;
  /** @throws SourceError `log-behind` where the log, read afresh, ends below the offset */
  checkLogEnd(offset: number): Promise<void>;
}

interface Obtained {
  readonly task: PartitionTask;
  readonly offsets: PartitionOffsets;
}

export function createClaimer(context: ClaimerContext): Claimer {
  const { topic, partition, stopping, readOffsets } = context;
  let generation = 0;
  let chain: Promise<void> = Promise.resolve();

  async function checkLogEnd(offset: number): Promise<void> {
    const { end } = await readOffsets(partition);
    if (end < offset) throw logBehind(topic, partition, offset, end);
  }

  async function obtain(failures: number, isCurrent: () => boolean): Promise<Obtained | undefined> {
    await wait(backoffMs(failures), stopping);
    if (!isCurrent()) return undefined;
    const offsets = await readOffsets(partition);
    if (!isCurrent()) return undefined;
    const { start, end } = offsets;
    const task = await context.claim(partition, { logStartOffset: start, logEndOffset: end });
    try {
      // A former owner may have gone on after the look at the log, so that being beyond its end proves nothing yet.
      if (checkOffset(task.nextOffset) > end && isCurrent()) await checkLogEnd(task.nextOffset);
    } catch (error) {
      await task.close({ flush: false });
      throw error;
    }
    if (isCurrent()) return { task, offsets };
    await task.close({ flush: false });
    return undefined;
  }

  async function attempt(before: Promise<void>, failures: number, isCurrent: () => boolean): Promise<void> {
    await before;
    try {
      const obtained = await obtain(failures, isCurrent);
      if (obtained !== undefined) context.owned(obtained.task, obtained.offsets);
    } catch (error) {
      if (isCurrent()) context.failed(error);
    }
  }

  async function letGo(before: Promise<void>, task: PartitionTask, flush: boolean): Promise<void> {
    await before;
    try {
      await task.close({ flush });
    } catch (error) {
      context.broken(error);
    }
  }

  return {
    claim(failures) {
      generation += 1;
      const mine = generation;
      chain = attempt(chain, failures, () => mine === generation && !stopping.aborted);
    },
    cancel() {
      generation += 1;
    },
    close(task, flush) {
      chain = letGo(chain, task, flush);
    },
    settled: () => chain,
    checkLogEnd,
  };
}
