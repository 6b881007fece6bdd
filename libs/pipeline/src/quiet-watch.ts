import type { QuietPartition } from "@tidemark/sinks";
import { logEndOf, type LogEnd } from "./log-end.js";
import type { PipelineEvent } from "./pipeline-event.js";

interface Watched {
  readonly epoch: number;
  nextOffset: number;
  /** Since when nothing has come, as far as anybody looked. */
  sinceMs: number;
  /** When it was last passed over; undefined while it is not. */
  passedMs: number | undefined;
}

/** A partition that nobody has seen at its end for so long is no longer passed over: Postgres has forgotten it too. */
const FORGOTTEN_MS = 15_000;

/**
 * Knows which of this process's partitions have been quiet for long enough. Whether they are fully read is asked of Kafka each time,
 * and nothing that was known before a claim counts. Times are of a clock that is never set.
 */
export class QuietWatch {
  readonly #afterMs: number;
  readonly #watched = new Map<number, Watched>();

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** Whether the event ends the quiet of a partition that was passed over: then its number. */
  on(event: PipelineEvent, nowMs: number): number | undefined {
    switch (event.type) {
      case "claimed": {
        const { epoch, nextOffset } = event.claim;
        this.#watched.set(event.partition, { epoch, nextOffset, sinceMs: nowMs, passedMs: undefined });
        return undefined;
      }
      case "processed":
        return this.#wake(event.partition, nowMs);
      case "committed": {
        const watched = this.#watched.get(event.partition);
        // A commit under an earlier claim may be answered late.
        if (watched?.epoch !== event.epoch) return undefined;
        watched.nextOffset = event.checkpoint.nextOffset;
        return this.#wake(event.partition, nowMs);
      }
      case "revoked":
        for (const partition of event.partitions) this.#watched.delete(partition);
        return undefined;
      case "fenced":
      case "retrying":
        this.#watched.delete(event.partition);
        return undefined;
      default:
        return undefined;
    }
  }

  /** Those for which nothing has come for long enough: whether they are fully read is to be asked now. */
  candidates(nowMs: number): readonly QuietPartition[] {
    return [...this.#watched]
      .filter(([, { sinceMs }]) => nowMs - sinceMs >= this.#afterMs)
      .map(([partition, { epoch, nextOffset, sinceMs }]) => ({
        partition,
        epoch,
        nextOffset,
        quietMs: nowMs - sinceMs,
      }));
  }

  /** Candidates whose log ended where they have been read to, when it was asked. The time of the others begins anew. */
  confirm(candidates: readonly QuietPartition[], ends: readonly LogEnd[], nowMs: number): readonly QuietPartition[] {
    const endOf = new Map(ends.map((one) => [one.partition, logEndOf(one)]));
    return candidates.filter((one) => {
      const watched = this.#find(one);
      if (watched === undefined) return false;
      if (endOf.get(one.partition) === one.nextOffset) return true;
      watched.sinceMs = nowMs;
      return false;
    });
  }

  /** These are passed over now: gives those that were not before. */
  pass(quiet: readonly QuietPartition[], nowMs: number): readonly QuietPartition[] {
    return quiet.filter((one) => {
      const watched = this.#find(one);
      if (watched === undefined) return false;
      const isNew = watched.passedMs === undefined;
      watched.passedMs = nowMs;
      return isNew;
    });
  }

  /** Partitions that are no longer passed over, since that could not be renewed. */
  forgotten(nowMs: number): readonly number[] {
    return [...this.#watched].flatMap(([partition, watched]) => {
      if (watched.passedMs === undefined || nowMs - watched.passedMs < FORGOTTEN_MS) return [];
      watched.passedMs = undefined;
      return [partition];
    });
  }

  /** As it was when it was said. */
  #find({ partition, epoch, nextOffset }: QuietPartition): Watched | undefined {
    const watched = this.#watched.get(partition);
    return watched?.epoch === epoch && watched.nextOffset === nextOffset ? watched : undefined;
  }

  #wake(partition: number, nowMs: number): number | undefined {
    const watched = this.#watched.get(partition);
    if (watched === undefined) return undefined;
    watched.sinceMs = nowMs;
    const wasPassed = watched.passedMs !== undefined;
    watched.passedMs = undefined;
    return wasPassed ? partition : undefined;
  }
}
