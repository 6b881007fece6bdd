import { backoffMs, settlesWithin, wait } from "./backoff.js";
import { cutBatch } from "./batch.js";
import { defer, type Deferred } from "./deferred.js";
import type { SourceEvent } from "./event.js";
import { sizeOfBatch, type FetchBudget } from "./fetch-budget.js";
import type { FetchedBatch, KafkaPort } from "./kafka-port.js";
import type { ReadPartitionOffsets } from "./offset-reader.js";
import { fetchOffset } from "./partition-comparison.js";
import {
  isInFlight,
  type AcceptRange,
  type PartitionEffect,
  type PartitionInput,
  type PartitionRules,
} from "./partition-state.js";
import { initialState, step } from "./partition-step.js";
import type { Claim, PartitionTask } from "./task.js";

export interface PartitionContext extends PartitionRules {
  readonly port: Pick<KafkaPort, "pause" | "resume">;
  readonly claim: Claim;
  readonly readOffsets: ReadPartitionOffsets;
  readonly maxStallMs: number;
  readonly heartbeatMs: number;
  /** Undefined: fetched batches are not limited. */
  readonly memory?: FetchBudget | undefined;
  /** Fires when the source stops: nothing more is fetched, and waiting ends. */
  readonly stopping: AbortSignal;
  emit(event: SourceEvent): void;
  fail(error: unknown): void;
}

/** One partition, for as long as the source lives. partition-state.ts describes its states. */
export interface Partition {
  /** The group assigned the partition. Pauses or resumes the client before it returns. */
  assign(): void;
  revoke(): void;
  /** As KafkaListener.batch. */
  take(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<boolean>;
  /**
   * Reads the log's offsets if no batch came since the last call although there is something to
   * read. A client that asks for offsets that are gone silently continues at the log's start, and
   * delivers nothing where that is the log's end too.
   */
  probeIfIdle(): void;
  /** Whether there is a task that has not closed yet. */
  readonly isOwned: boolean;
  /** Resolves when the task has closed and no claim is in progress. Never rejects. */
  close(flush: boolean): Promise<void>;
}

/** A batch, or a read of the offsets, that must end before the next batch is processed. */
interface InFlight {
  readonly settled: Deferred;
  mayAdvance: boolean;
}

/** The maximum wait for a partition that has stalled, until it has processed a batch in time. */
const THROTTLED_STALL_MS = 50;

export function createPartition(context: PartitionContext): Partition {
  const { topic, partition, onLost, port, stopping, emit, fail, readOffsets, memory } = context;
  let state = initialState({ topic, partition, onLost });
  let task: PartitionTask | undefined;
  let inFlight: InFlight | undefined;
  let cancellation = new AbortController();
  const stopped = defer();
  const inputs: PartitionInput[] = [];
  let isRunning = false;

  /** An input that comes while an effect runs waits until the effects of its step have run. */
  function dispatch(input: PartitionInput): void {
    inputs.push(input);
    if (isRunning) return;
    isRunning = true;
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      try {
        advance(next);
      } catch (error) {
        fail(error);
      }
    }
    isRunning = false;
  }

  function advance(input: PartitionInput): void {
    const next = step(state, input);
    state = next.state;
    if (isInFlight(state)) inFlight ??= { settled: defer(), mayAdvance: false };
    for (const effect of next.effects) run(effect);
    if (isInFlight(state)) return;
    inFlight?.settled.resolve();
    inFlight = undefined;
    if (state.type === "stopped") stopped.resolve();
  }

  function run(effect: PartitionEffect): void {
    switch (effect.type) {
      case "pause-fetch":
        if (!stopping.aborted) port.pause(partition);
        return;
      case "resume-fetch":
        if (!stopping.aborted) port.resume(partition, effect.offset);
        return;
      case "advance-client":
        if (inFlight !== undefined) inFlight.mayAdvance = true;
        return;
      case "start-claim":
        void startClaim(effect.claim, effect.backoff);
        return;
      case "cancel-claim":
        cancellation.abort();
        return;
      case "read-offsets":
        settle(effect.claim, readOffsets(partition), ({ start, end }) => ({
          type: "offsets-read",
          claim: effect.claim,
          start,
          end,
        }));
        return;
      case "accept":
        settle(effect.claim, accept(effect), () => ({ type: "accepted", claim: effect.claim }));
        return;
      case "close-task":
        void closeTask(effect.flush);
        return;
      case "emit":
        emit(effect.event);
        return;
      case "fail":
        fail(effect.error);
    }
  }

  function settle<T>(claim: number, work: Promise<T>, succeed: (result: T) => PartitionInput): void {
    work.then(
      (result) => dispatch(succeed(result)),
      (error: unknown) => dispatch({ type: "failed", claim, error }),
    );
  }

  async function startClaim(claim: number, failures: number): Promise<void> {
    cancellation = new AbortController();
    dispatch(await claimTask(claim, failures, cancellation.signal));
  }

  async function claimTask(claim: number, failures: number, cancelled: AbortSignal): Promise<PartitionInput> {
    try {
      await wait(backoffMs(failures), cancelled);
      cancelled.throwIfAborted();
      const { start, end } = await readOffsets(partition);
      cancelled.throwIfAborted();
      const claimed = await context.claim(partition, { logStartOffset: start, logEndOffset: end });
      task = claimed;
      const onTaskFailed = (error: unknown): void => dispatch({ type: "failed", claim, error });
      void claimed.failed?.then(onTaskFailed, onTaskFailed);
      const { nextOffset, lastRecord } = claimed;
      return { type: "claimed", nextOffset, lastRecord, start, end };
    } catch (error) {
      return { type: "claim-failed", error };
    }
  }

  // Not async: it would keep the records for as long as the task takes, who may have let go of them.
  function accept(range: AcceptRange): Promise<void> {
    try {
      return task?.accept(cutBatch(range.records, range)) ?? Promise.resolve();
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  async function closeTask(flush: boolean): Promise<void> {
    try {
      await task?.close({ flush });
    } catch (error) {
      fail(error);
    }
    task = undefined;
    dispatch({ type: "closed" });
  }

  /** Waits for the work in flight for as long as one partition may hold up the others. */
  async function waitWithHeartbeat(awaited: InFlight, heartbeat: () => Promise<void>): Promise<void> {
    const isThrottled = isInFlight(state) && state.throttled;
    const deadline = performance.now() + (isThrottled ? THROTTLED_STALL_MS : context.maxStallMs);
    for (let leftMs = deadline - performance.now(); leftMs > 0; leftMs = deadline - performance.now()) {
      const roundMs = Math.min(leftMs, context.heartbeatMs);
      if (await settlesWithin(awaited.settled.promise, roundMs, stopping)) return;
      if (stopping.aborted) return;
      await heartbeat();
    }
    if (inFlight === awaited && !stopping.aborted) dispatch({ type: "stalled" });
  }

  /** Takes the memory of a batch, for as long as it is in flight. Where that stays used up, the partition is paused. */
  async function takeMemory(bytes: number, heartbeat: () => Promise<void>): Promise<boolean> {
    if (memory === undefined) return true;
    const deadline = performance.now() + context.maxStallMs;
    while (!memory.tryTakeFetched(bytes)) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) {
        void pauseUntilRoom(memory, bytes);
        return false;
      }
      const round = new AbortController();
      await settlesWithin(memory.untilRoom(bytes, round.signal), Math.min(leftMs, context.heartbeatMs), stopping);
      round.abort();
      if (state.type !== "idle" || stopping.aborted) return false;
      await heartbeat();
    }
    return true;
  }

  /** The batch is fetched again then. A claim or an assignment in between resumes the client by itself. */
  async function pauseUntilRoom(budget: FetchBudget, bytes: number): Promise<void> {
    port.pause(partition);
    emit({ type: "paused", partition });
    await budget.untilRoom(bytes, stopping);
    if (stopping.aborted) return;
    emit({ type: "resumed", partition });
    // One that has stalled meanwhile is resumed when its task has taken in its batch.
    if (state.type === "idle" || (isInFlight(state) && state.client === "fetching"))
      port.resume(partition, fetchOffset(state));
  }

  return {
    get isOwned() {
      return task !== undefined;
    },
    assign: () => dispatch({ type: "assigned" }),
    revoke: () => dispatch({ type: "revoked" }),

    async take(batch, heartbeat) {
      if (inFlight !== undefined) await waitWithHeartbeat(inFlight, heartbeat);
      if (state.type !== "idle" || stopping.aborted) return false;
      const bytes = sizeOfBatch(batch);
      // The client passes over a batch without records whatever is answered, so nothing may happen to the state before it is examined.
      if (bytes > 0 && !(await takeMemory(bytes, heartbeat))) return false;
      const free = () => memory?.freeFetched(bytes);
      if (state.type === "idle" && !stopping.aborted) dispatch({ type: "batch-fetched", batch });
      // A batch that does not follow the position is refused at once.
      const begun = inFlight;
      if (begun === undefined) {
        free();
        return false;
      }
      void begun.settled.promise.then(free);
      await waitWithHeartbeat(begun, heartbeat);
      return begun.mayAdvance;
    },

    probeIfIdle: () => dispatch({ type: "probe" }),

    close(flush) {
      dispatch({ type: "stop", flush });
      return stopped.promise;
    },
  };
}
