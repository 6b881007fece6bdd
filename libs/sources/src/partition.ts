import { settlesWithin } from "./backoff.js";
import { cutBatch, type SourceBatch } from "./batch.js";
import { createClaimer } from "./claimer.js";
import { defer, type Deferred } from "./deferred.js";
import { isFenced, isLoss, isRetryable, logBehind, lostRecords } from "./errors.js";
import type { SourceEvent } from "./event.js";
import type { FetchedBatch, KafkaPort } from "./kafka-port.js";
import type { ReadPartitionOffsets } from "./offset-reader.js";
import type { OnLost } from "./options.js";
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
  readonly onLost: OnLost;
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
  /**
   * Looks at the log where no batch came since the last call though there is something to come: a client that asks for
   * offsets that are gone is sent to the log's start without a word, and told nothing where that is the log's end too.
   */
  lookIfQuiet(): void;
  /** Whether a task has it: what that one has read waits to be committed. */
  readonly isOwned: boolean;
  /** Lets go for good; resolves when the task has closed and no claim runs. Never rejects. */
  close(flush: boolean): Promise<void>;
}

interface Ownership {
  readonly task: PartitionTask;
  position: Position;
  /** The log's end when last heard of. */
  logEndOffset: number;
  /** Nothing was fetched for a while: retention may have passed the position, or the log be another. */
  isDoubtful: boolean;
  /** No batch came since the last look. */
  isQuiet: boolean;
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
    owned(task, { start, end }) {
      const position = { offset: task.nextOffset, sought: false };
      const mine: Ownership = { task, position, logEndOffset: end, isDoubtful: false, isQuiet: false };
      owned = mine;
      const dropThis = (error: unknown): void => drop(mine, error);
      void task.failed?.then(dropThis, dropThis);
      emit({ type: "claimed", partition, nextOffset: task.nextOffset });
      if (start > task.nextOffset) intake = begin(mine, () => lose(mine, start));
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
    if (owned !== undefined) owned.isDoubtful = true;
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
    if (isLoss(error)) {
      fail(error);
      return;
    }
    letGo(false);
    release();
    claimAgain(error);
  }

  /**
   * What was to be read next is gone from the log. That proves no loss: whoever was stopped for long finds it so where another
   * has read on meanwhile. The owner knows. What the task holds may be gone too, so it is committed first if it still can be.
   */
  function claimInDoubt(): void {
    letGo(true);
    release();
    claimer.claim(0);
    steer();
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

  /** `work`: true when the client may go on behind its batch; rejects when the task fails. */
  function begin(mine: Ownership, work: () => Promise<boolean>): Intake {
    const started: Intake = { settled: defer(), taken: false };
    void finish(started, mine, work);
    return started;
  }

  async function finish(started: Intake, mine: Ownership, work: () => Promise<boolean>): Promise<void> {
    try {
      started.taken = await work();
    } catch (error) {
      drop(mine, error);
    }
    started.settled.resolve();
    if (intake !== started) return;
    intake = undefined;
    release();
  }

  /** Gives the batch to the task where it goes on from the position. True when it did. */
  async function absorb(mine: Ownership, batch: FetchedBatch): Promise<boolean> {
    const from = mine.position.offset;
    mine.logEndOffset = batch.logEndOffset;
    if (batch.logEndOffset < from) await claimer.checkLogEnd(from);
    let { position, output } = stepPosition(mine.position, batch);
    if (output.kind === "ask-log-start") {
      const { start } = await context.readOffsets(partition);
      ({ position, output } = stepPosition(mine.position, batch, start));
    }
    if (owned !== mine || stopping.aborted) return false;
    if (output.kind === "lose" || (output.kind === "take" && output.lost > 0)) {
      claimInDoubt();
      return false;
    }
    mine.position = position;
    if (output.kind === "take") {
      const { records, firstOffset, logEndOffset } = batch;
      if (firstOffset > from) emit({ type: "gap", partition, from, to: firstOffset, kind: "skipped" });
      await give(mine, cutBatch(records, { position: from, nextOffset: position.offset, lost: 0, logEndOffset }));
      return true;
    }
    steer();
    return false;
  }

  async function give(mine: Ownership, batch: SourceBatch): Promise<void> {
    await mine.task.accept(batch);
    failures = 0;
  }

  /** Goes on at `to`, below which all is gone: it was when the partition was claimed, and nobody had read it. */
  async function lose(mine: Ownership, to: number): Promise<boolean> {
    const from = mine.position.offset;
    if (context.onLost === "stop") throw lostRecords(context.topic, partition, from, to);
    emit({ type: "gap", partition, from, to, kind: "lost" });
    mine.position = { offset: to, sought: false };
    await give(
      mine,
      cutBatch([], { position: from, nextOffset: to, lost: to - from, logEndOffset: mine.logEndOffset }),
    );
    if (owned === mine) steer();
    return false;
  }

  async function lookAtLog(mine: Ownership): Promise<boolean> {
    const { start, end } = await context.readOffsets(partition);
    if (owned !== mine || stopping.aborted) return false;
    const from = mine.position.offset;
    if (end < from) throw logBehind(context.topic, partition, from, end);
    mine.logEndOffset = end;
    mine.isDoubtful = false;
    if (start > from) claimInDoubt();
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
    get isOwned() {
      return owned !== undefined;
    },

    assign() {
      const before = assigned;
      assigned = true;
      if (!before) claimer.claim(0);
      if (owned !== undefined) owned.isDoubtful = true;
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
      const mine = owned;
      mine.isQuiet = false;
      const begun = begin(mine, () => absorb(mine, batch));
      intake = begun;
      await linger(begun, heartbeat);
      // Taken in time: where it was held back, the client is sought when it is released.
      return begun.taken && !paused;
    },

    lookIfQuiet() {
      const mine = owned;
      if (mine === undefined || intake !== undefined || paused) return;
      const isMissed = mine.isDoubtful || mine.position.offset < mine.logEndOffset;
      if (mine.isQuiet && isMissed) intake = begin(mine, () => lookAtLog(mine));
      mine.isQuiet = true;
    },

    async close(flush) {
      assigned = false;
      letGo(flush);
      await claimer.settled();
    },
  };
}
