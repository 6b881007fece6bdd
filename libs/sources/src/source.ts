import { backoffMs, settlesWithin, wait } from "./backoff.js";
import { defer } from "./deferred.js";
import { foreignAssignment, isLoss } from "./errors.js";
import type { SourceEvent } from "./event.js";
import { HeldRecordsWatch } from "./held-records.js";
import type { KafkaListener, KafkaPort } from "./kafka-port.js";
import { createKafkajsPort } from "./kafkajs-port.js";
import { createOffsetReader } from "./offset-reader.js";
import { createOffsetReports } from "./offset-reports.js";
import { resolveOptions, type SourceOptions } from "./options.js";
import { createPartition, type Partition } from "./partition.js";

export interface Source {
  /**
   * Waits for Kafka and the topic as long as it takes, and joins the group. Resolves when the first assignment has come (it
   * may be empty, and its partitions are still to be claimed) or the source was stopped; rejects as `done` does.
   */
  start(): Promise<void>;
  /** Resolves when the source has stopped. Rejects after a fatal error, when it has let go of everything. */
  readonly done: Promise<void>;
  /**
   * Takes in nothing more, lets the tasks close (with `flush`, the default, they may commit what they hold), then leaves the
   * group. Takes `timeoutMs` (default 10,000) for the tasks at most, and some 5 s for Kafka. Never rejects.
   */
  stop(options?: { readonly flush?: boolean; readonly timeoutMs?: number }): Promise<void>;
  /** Tells Kafka's lag tools how far a partition is. Best effort, once a second at most; nothing is read from there. Never throws. */
  commit(partition: number, nextOffset: number): void;
}

const CLOSE_TIMEOUT_MS = 10_000;
const LAST_COMMIT_MS = 1_000;
/** A partition that brings nothing for so long, though there is something to bring, is looked at. */
const QUIET_MS = 2_000;
/** After so many fences of a partition without a rebalance the group is asked whether this source is still a member. */
const FENCES_WITHOUT_REBALANCE = 3;

/** @throws SourceError `invalid-options` */
export function createSource(options: SourceOptions): Source {
  return createSourceOn(createKafkajsPort(resolveOptions(options)), options);
}

/** The source on any client that keeps the port's promises. */
export function createSourceOn(port: KafkaPort, options: SourceOptions): Source {
  const { topic, group, maxStallMs, heartbeatMs, onLost } = resolveOptions(options);
  const partitions = new Map<number, Partition>();
  const stopping = new AbortController();
  const leaving = new AbortController();
  const readOffsets = createOffsetReader(
    () => port.readOffsets(stopping.signal),
    stopping.signal,
    (partition, known) => foreignAssignment(group, topic, `partition ${partition} of "${topic}", which has ${known},`),
  );
  /** By partition, since the last rebalance. */
  const fences = new Map<number, number>();
  const held = new HeldRecordsWatch();
  const reports = createOffsetReports((nextOffsets) => port.commit(nextOffsets));
  const firstAssignment = defer();
  const end = defer();
  let running: Promise<void> | undefined;
  let watch: NodeJS.Timeout | undefined;
  let stopped: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  let current: readonly number[] = [];

  function emit(event: SourceEvent): void {
    if (event.type === "fenced") fences.set(event.partition, (fences.get(event.partition) ?? 0) + 1);
    try {
      options.onEvent?.(event);
    } catch (error) {
      fail(error);
    }
  }

  function fail(error: unknown): void {
    if (failure !== undefined || stopping.signal.aborted) return;
    failure = { error };
    emit({ type: "crashed", error: error instanceof Error ? error : new Error(String(error), { cause: error }) });
    void stop({ flush: isLoss(error) });
  }

  /** A consumer that is no longer a member does not know it, and would take its partitions from those that are again and again. */
  const claim: SourceOptions["claim"] = async (partition, context) => {
    const excess = (fences.get(partition) ?? 0) - FENCES_WITHOUT_REBALANCE;
    if (excess >= 0) {
      await wait(backoffMs(excess), stopping.signal);
      await port.confirmMembership(stopping.signal);
    }
    return options.claim(partition, context);
  };

  function findPartition(partition: number): Partition {
    let found = partitions.get(partition);
    if (found === undefined) {
      const { signal } = stopping;
      found = createPartition({
        topic,
        partition,
        port,
        claim,
        readOffsets,
        maxStallMs,
        heartbeatMs,
        memory: options.memory,
        onLost,
        stopping: signal,
        emit,
        fail,
      });
      partitions.set(partition, found);
    }
    return found;
  }

  const listener: KafkaListener = {
    assigned(next) {
      if (stopping.signal.aborted) {
        for (const partition of next) port.pause(partition);
        return;
      }
      const revoked = current.filter((partition) => !next.includes(partition));
      current = [...next].sort((a, b) => a - b);
      fences.clear();
      for (const partition of revoked) {
        reports.drop(partition);
        held.forget(partition);
        findPartition(partition).revoke();
      }
      for (const partition of current) findPartition(partition).assign();
      if (revoked.length > 0) emit({ type: "revoked", partitions: revoked });
      emit({ type: "assigned", partitions: current });
      firstAssignment.resolve();
    },
    async batch(batch, heartbeat) {
      return current.includes(batch.partition) && findPartition(batch.partition).take(batch, heartbeat);
    },
    event: emit,
    logEnd(partition, logEnd) {
      if (!current.includes(partition)) return;
      const event = held.update(partition, logEnd, Date.now());
      if (event !== undefined) emit(event);
    },
  };

  function probeIdlePartitions(): void {
    for (const partition of current) findPartition(partition).probeIfIdle();
  }

  async function shutDown(flush: boolean, timeoutMs: number): Promise<void> {
    stopping.abort();
    clearInterval(watch);
    // Paused and still a member: nobody else claims the partitions while their tasks commit.
    for (const partition of current) port.pause(partition);
    // One that was being claimed has read nothing that could be abandoned.
    const open = new Set([...partitions].filter(([, { isOwned }]) => isOwned).map(([number]) => number));
    const closing = [...partitions].map(async ([number, partition]) => {
      await partition.close(flush);
      open.delete(number);
    });
    if (!(await settlesWithin(Promise.all(closing), timeoutMs))) {
      if (open.size > 0) emit({ type: "abandoned", partitions: [...open] });
    }
    await settlesWithin(reports.flush(), LAST_COMMIT_MS);
    reports.close();
    leaving.abort();
    await running;
    firstAssignment.resolve();
    if (failure === undefined) end.resolve();
    else end.reject(failure.error);
  }

  function stop({ flush = true, timeoutMs = CLOSE_TIMEOUT_MS } = {}): Promise<void> {
    stopped ??= shutDown(flush, timeoutMs);
    return stopped;
  }

  return {
    async start() {
      if (running === undefined && !stopping.signal.aborted) {
        running = port.run(listener, leaving.signal).catch(fail);
        watch = setInterval(probeIdlePartitions, QUIET_MS);
      }
      await firstAssignment.promise;
      if (failure !== undefined) await end.promise;
    },
    done: end.promise,
    stop,
    commit(partition, nextOffset) {
      if (current.includes(partition)) reports.report(partition, nextOffset);
    },
  };
}
