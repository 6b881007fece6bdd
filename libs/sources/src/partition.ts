import { settlesWithin } from "./backoff.js";
import { cutBatch } from "./batch.js";
import { createClaimer } from "./claimer.js";
import { defer, type Deferred } from "./deferred.js";
import { isFenced, isRetryable } from "./errors.js";
import type { SourceEvent } from "./event.js";
import type { FetchedBatch, KafkaPort } from "./kafka-port.js";
import type { ReadPartitionOffsets } from "./offset-reader.js";
import { stepPosition, type Position } from "./position.js";
import type { Claim, PartitionTask } from "./task.js";

export interface PartitionContext {
  readonly topic: string;
  readonly partition: number;
  readonly port: Pick<KafkaPort, "pause" | "resume">;
  readonly claim: Claim;
  readonly readOffsets: ReadPartitionOffsets;
  readonly maxStallMs: number;
  readonly heartbeatMs: number;
  /** Fires when no batch is to be taken any more. */
  readonly stopping: AbortSignal;
  emit(event: SourceEvent): void;
  fail(error: unknown): void;
}

/**
 * One partition, as long as the source lives. Its states: idle (not ours), claiming, owned, owned with an intake under way.
 * While it is claiming or held back, the client fetches nothing of it.
 */
export interface Partition {
  /** Ours after a join, anew or still. Sets what the client does with it before it returns. */
  assign(): void;
  /** Not ours after a join. */
  revoke(): void;
  /** As KafkaListener.batch. */
  take(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<boolean>;
  /** Lets go for good; resolves when the task has closed and no claim runs. Never rejects. */
  close(flush: boolean): Promise<void>;
}

interface Ownership {
  readonly task: PartitionTask;
  position: Position;
}

/** A batch on its way into the task. */
interface Intake {
  readonly settled: Deferred;
  taken: boolean;
}

/** After a stall a partition gets no more than this to prove that it is quick again. */
const STRAINED_STALL_MS = 50;

export function createPartition(context: PartitionContext): Partition {
  const { partition, port, stopping, emit, fail } = context;
  let assigned = false;
  let owned: Ownership | undefined;
  let intake: Intake | undefined;
  let paused = false;
  let strained = false;
  /** Claims and tasks that failed in a row. */
  let failures = 0;

  const claimer = createClaimer({
    ...context,
    owned(task) {
      const mine: Ownership = { task, position: { offset: task.nextOffset, sought: false } };
      owned = mine;
      const dropThis = (error: unknown): void => drop(mine, error);
      void task.failed?.then(dropThis, dropThis);
      emit({ type: "claimed", partition, nextOffset: task.nextOffset });
      steer();
    },
    failed: claimAgain,
    broken: fail,
  });

  /** Tells the client what the state asks for. Not where the partition is another's: the client would keep it. */
  function steer(): void {
    if (!assigned || stopping.aborted) return;
    if (owned === undefined || paused) port.pause(partition);
    else port.resume(partition, owned.position.offset);
  }

  function hold(): void {
    const before = paused;
    paused = true;
    steer();
    if (!before) emit({ type: "paused", partition });
  }

  function release(): void {
    if (!paused) return;
    paused = false;
    steer();
    emit({ type: "resumed", partition });
  }

  function letGo(flush: boolean): void {
    claimer.cancel();
    if (owned !== undefined) claimer.close(owned.task, flush);
    owned = undefined;
    intake = undefined;
    strained = false;
  }

  /** The task failed: closes it and claims again, unless another has taken its place. */
  function drop(failed: Ownership, error: unknown): void {
    if (owned !== failed || stopping.aborted) return;
    letGo(false);
    release();
    claimAgain(error);
  }

  function claimAgain(error: unknown): void {
    if (isFenced(error)) emit({ type: "fenced", partition });
    else if (isRetryable(error)) emit({ type: "retrying", partition, error });
    else {
      fail(error);
      return;
    }
    // The first fence is the price of a rebalance; more in a row mean that another member does not know yet that it is out.
    claimer.claim(failures);
    failures += 1;
    steer();
  }

  function begin(mine: Ownership, batch: FetchedBatch): Intake {
    const started: Intake = { settled: defer(), taken: false };
    void finish(started, mine, batch);
    return started;
  }

  async function finish(started: Intake, mine: Ownership, batch: FetchedBatch): Promise<void> {
    try {
      started.taken = await absorb(mine, batch);
    } catch (error) {
      drop(mine, error);
    }
    started.settled.resolve();
    if (intake !== started) return;
    intake = undefined;
    release();
  }

  /** Gives the batch to the task where it goes on from the position. True when it did; rejects when the task fails. */
  async function absorb(mine: Ownership, batch: FetchedBatch): Promise<boolean> {
    const from = mine.position.offset;
    if (batch.logEndOffset < from) await claimer.checkLogEnd(from);
    let { position, output } = stepPosition(mine.position, batch);
    if (output.kind === "ask-log-start") {
      const { start } = await context.readOffsets(partition);
      ({ position, output } = stepPosition(mine.position, batch, start));
    }
    if (owned !== mine || stopping.aborted) return false;
    mine.position = position;
    if (output.kind === "take" || output.kind === "lose") {
      const { lost } = output;
      const records = output.kind === "take" ? batch.records : [];
      const nextOffset = position.offset;
      const cut = cutBatch(records, { position: from, nextOffset, lost, logEndOffset: batch.logEndOffset });
      const read = output.kind === "take" ? batch.firstOffset : nextOffset;
      if (lost > 0) emit({ type: "gap", partition, from, to: from + lost, kind: "lost" });
      if (read > from + lost) emit({ type: "gap", partition, from: from + lost, to: read, kind: "skipped" });
      await mine.task.accept(cut);
      failures = 0;
    }
    if (output.kind === "take") return true;
    if (owned === mine) steer();
    return false;
  }

  /** Waits for the intake for as long as one partition may hold up the others. */
  async function linger(awaited: Intake, heartbeat: () => Promise<void>): Promise<void> {
    const deadline = performance.now() + (strained ? STRAINED_STALL_MS : context.maxStallMs);
    for (let leftMs = deadline - performance.now(); leftMs > 0; leftMs = deadline - performance.now()) {
      const roundMs = Math.min(leftMs, context.heartbeatMs);
      if (await settlesWithin(awaited.settled.promise, roundMs, stopping)) break;
      if (intake !== awaited || stopping.aborted) break;
      await heartbeat();
    }
    strained = intake === awaited;
    if (strained && !stopping.aborted) hold();
  }

  return {
    assign() {
      const before = assigned;
      assigned = true;
      if (!before) claimer.claim(0);
      if (intake === undefined) steer();
      else hold();
    },

    revoke() {
      if (!assigned) return;
      assigned = false;
      failures = 0;
      letGo(false);
      release();
    },

    async take(batch, heartbeat) {
      if (intake !== undefined) await linger(intake, heartbeat);
      if (intake !== undefined || owned === undefined || stopping.aborted) return false;
      const mine = begin(owned, batch);
      intake = mine;
      await linger(mine, heartbeat);
      // Taken in time: where it was held back, the client is sought when it is released.
      return mine.taken && !paused;
    },

    async close(flush) {
      assigned = false;
      letGo(flush);
      await claimer.settled();
    },
  };
}
