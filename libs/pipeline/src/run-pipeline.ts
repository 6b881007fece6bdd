import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { checkIdentity, createSink, migrate, readDatabaseId, type Blocker, type Sink } from "@tidemark/sinks";
import { describeAddress, parseAddress } from "@tidemark/sinks/address";
import { createSource, readOffsets, type GroupPurpose, type Source } from "@tidemark/sources";
import { createAssignmentWatch } from "./assignment-watch.js";
import { catchUp } from "./catch-up.js";
import { createClusterGuard, type ClusterGuard } from "./cluster-guard.js";
import type { Pipeline } from "./definition/define-pipeline.js";
import { stoppedEarly } from "./errors.js";
import { createEventStream, fromSinkEvent } from "./event-stream.js";
import { PipelineHealth } from "./health.js";
import { MemoryBudget } from "./memory-budget.js";
import { OwnedPartitions } from "./owned-partitions.js";
import { createPartitionClaimer } from "./partition-claimer.js";
import type { PipelineListener } from "./pipeline-event.js";
import { askClusterId, askPostgres } from "./prepare.js";
import { ProgressMeter, type Progress } from "./progress-meter.js";
import { createProgressRecorder } from "./progress-recorder.js";
import { createQuietKeeper } from "./quiet-keeper.js";
import { createRejectionAlarm } from "./rejection-alarm.js";
import { createRetentionKeeper } from "./retention-keeper.js";
import { resolveRunOptions, type RunOptions } from "./run-options.js";
import { whenAborted } from "./signal.js";
import { createTransactionAlarm } from "./transaction-alarm.js";
import { WatermarkAlarm } from "./watermark-alarm.js";
import { createWindowMerger } from "./window-merger.js";

/** A pipeline at work. Pipelines of one process share nothing. */
export interface RunningPipeline {
  /**
   * Resolves when it has stopped: by `stop`, or by the signal. Rejects where going on cannot help, with a SinkError, a
   * SourceError or a PipelineError.
   */
  readonly done: Promise<Stopped>;
  /**
   * Resolves once everything that the topic holds now is in the tables, whoever read it. Rejects as `done` does, and with
   * PipelineError `stopped` where it was stopped before.
   */
  caughtUp(): Promise<Progress>;
  /** Commits what was read, leaves the group, and settles as `done` does. May be called again. */
  stop(options?: StopOptions): Promise<Stopped>;
  /** How far this process's partitions have come; the rate is that since the last call. */
  progress(): Progress;
  readonly health: PipelineHealth;
  /** Calls the listener with everything that happens from now on. Returns a function that ends that. */
  subscribe(listener: PipelineListener): () => void;
}

export interface StopOptions {
  /** Applies retention that is due, and records the last progress, before it ends; default false. */
  readonly finish?: boolean;
}

export interface Stopped {
  /** Partitions whose records Postgres had not all taken when the time was over: they are read again from there. */
  readonly abandoned: readonly number[];
}

/** The sink's time limits lie below it. */
const SESSION_TIMEOUT_MS = 10_000;
const MAX_BYTES_PER_PARTITION = 128 * 1024;
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * Runs a pipeline: makes its tables, then reads the topic into them, each record exactly once. Waits while Kafka, the topic
 * or Postgres is unavailable.
 *
 * @throws PipelineError `bad-options`
 */
export function runPipeline(pipeline: Pipeline, options: RunOptions): RunningPipeline {
  return runPipelineWith(createPartitionClaimer, pipeline, options);
}

/** As `runPipeline`, but `createClaimer` makes what claims partitions and processes them: usually the real part, wrapped. */
export function runPipelineWith(
  createClaimer: typeof createPartitionClaimer,
  pipeline: Pipeline,
  options: RunOptions,
): RunningPipeline {
  const resolved = resolveRunOptions(pipeline.name, options);
  const { brokers, databaseUrl, topic, group, connection, retentionDays, quietAfterMs } = resolved;
  const kafka = { brokers, ...(connection !== undefined && { connection }) };
  const events = createEventStream();
  const partitions = new OwnedPartitions();
  const meter = new ProgressMeter(partitions, performance.now());
  const health = new PipelineHealth(partitions);
  // The registry comes first: the others read it.
  events.subscribe((event) => partitions.on(event));
  events.subscribe((event) => meter.on(event, performance.now()));
  events.subscribe((event) => health.on(event));
  events.subscribe(createRejectionAlarm(events.emit, (bytes) => pipeline.event.decode(bytes).ok));
  if (options.onEvent !== undefined) events.subscribe(options.onEvent);
  const alarm = new WatermarkAlarm(events.emit, Date.now);
  events.subscribe((event) => alarm.on(event));
  const transactions = createTransactionAlarm(events.emit);
  events.subscribe((event) => transactions.on(event));

  const stopping = new AbortController();
  const stopSignal =
    options.signal === undefined ? stopping.signal : AbortSignal.any([stopping.signal, options.signal]);
  const ended = new AbortController();
  let finish = false;
  const reading = createLatch();
  const prepared = createLatch();
  if (resolved.startReading === "at-once") reading.open();

  async function run(): Promise<Stopped> {
    const place = { databaseUrl, pipeline: pipeline.name, topic };
    const { identity, purpose } = await prepare();
    prepared.open();
    events.emit({ type: "prepared" });
    const sink = createSink({ ...identity, databaseUrl, onEvent: (event) => events.emit(fromSinkEvent(event)) });
    const guard = createClusterGuard(kafka, identity.clusterId, (found) =>
      checkIdentity(databaseUrl, { ...identity, clusterId: found }),
    );
    const retention =
      retentionDays === undefined
        ? undefined
        : createRetentionKeeper({
            databaseUrl,
            pipeline,
            days: retentionDays,
            emit: events.emit,
            // Not the stop's own signal: a stop that finishes what is due breaks nothing off.
            signal: options.signal ?? ended.signal,
          });
    const recorder = createProgressRecorder({
      ...place,
      consumer: `${hostname()}:${process.pid}`,
      onFailed: (reason) => events.emit({ type: "progress-not-recorded", reason }),
    });
    const quiet =
      quietAfterMs === undefined
        ? undefined
        : createQuietKeeper({
            databaseUrl,
            pipeline,
            topic,
            afterMs: quietAfterMs,
            readEnds: (signal) =>
              readOffsets(brokers, topic, { ...(connection !== undefined && { connection }), signal }),
            emit: events.emit,
          });
    const merger = createWindowMerger({
      databaseUrl,
      pipeline,
      topic,
      emit: events.emit,
      signal: options.signal ?? ended.signal,
    });
    let abandoned: readonly number[] = [];
    events.subscribe((event) => {
      recorder.on(event);
      retention?.on(event);
      quiet?.on(event);
      merger.on(event);
      if (event.type === "disconnected" || event.type === "assigned") guard.suspect();
      if (event.type === "abandoned") ({ partitions: abandoned } = event);
    });
    const source = startSource(sink, guard, purpose);
    const assignment = createAssignmentWatch({
      group,
      sessionTimeoutMs: resolved.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
      emit: events.emit,
    });
    events.subscribe((event) => assignment.on(event));
    const joinGroup = () => {
      assignment.start();
      return source.start();
    };
    try {
      retention?.start();
      recorder.start();
      quiet?.start();
      // Rejects as `done` does, and is not waited for: the topic may be missing when the signal comes.
      void reading.opened.then(() => joinGroup()).catch(() => {});
      await Promise.race([whenAborted(stopSignal), source.done]);
    } finally {
      assignment.stop();
      await source.stop({ flush: true, timeoutMs: resolved.stopTimeoutMs });
      await quiet?.stop();
      await recorder.stop({ finish });
      await merger.stop({ finish });
      await retention?.stop({ finish });
      // A transaction that Postgres leaves unanswered would hold it up.
      await Promise.race([sink.close(), sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    }
    return { abandoned };
  }

  async function prepare() {
    const waiting = { emit: events.emit, signal: stopSignal };
    const onBlocked = (blockers: readonly Blocker[]) =>
      events.emit({ type: "blocked", partition: undefined, blockers });
    const makeTables = () => migrate(pipeline, databaseUrl, { onBlocked });
    await askPostgres(databaseUrl, "make or check the tables", makeTables, waiting);
    const clusterId = await askClusterId(kafka, waiting);
    const identity = { topic, group, clusterId, pipeline };
    const check = async (): Promise<string> => {
      await checkIdentity(databaseUrl, identity);
      return readDatabaseId(databaseUrl);
    };
    const databaseId = await askPostgres(databaseUrl, "show the checkpoints", check, waiting);
    const purpose: GroupPurpose = {
      key: JSON.stringify([databaseId, pipeline.name]),
      description: `pipeline ${pipeline.name} into ${describeAddress(parseAddress(databaseUrl))}`,
    };
    return { identity, purpose };
  }

  function startSource(sink: Sink, guard: ClusterGuard, purpose: GroupPurpose): Source {
    const memory = new MemoryBudget(resolved.memoryBytes);
    const source = createSource({
      ...kafka,
      topic,
      group,
      purpose,
      sessionTimeoutMs: resolved.sessionTimeoutMs ?? SESSION_TIMEOUT_MS,
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      ...(options.maxBatchBytes !== undefined && { maxBatchBytes: options.maxBatchBytes }),
      memory,
      onLost: resolved.onLost,
      onEvent: (event) => claimer.onSourceEvent(event),
      claim: (partition, context) => claimer.claim(partition, context),
    });
    const claimer = createClaimer({
      pipeline,
      sink,
      guard,
      place: { topic, group },
      policy: resolved.checkpoints,
      maxLiveIds: resolved.maxLiveIds,
      memory,
      emit: events.emit,
      commit: (partition, nextOffset) => source.commit(partition, nextOffset),
    });
    return source;
  }

  const done = run().catch((error: unknown) => {
    // Work that a stop has interrupted is no failure.
    if (stopSignal.aborted) return { abandoned: [] };
    throw error;
  });
  // A failure reaches everybody who asks for `done`, `caughtUp` or `stop`.
  done.then(
    () => ended.abort(stoppedEarly(pipeline.name)),
    (error: unknown) => ended.abort(error),
  );
  ended.signal.addEventListener("abort", transactions.stop, { once: true });

  return {
    done,
    health,
    async caughtUp() {
      // Tables of another definition are refused before anything is read from them.
      await Promise.race([prepared.opened, whenAborted(ended.signal)]);
      try {
        return await catchUp({
          ...kafka,
          databaseUrl,
          topic,
          pipeline: pipeline.name,
          onBehind: reading.open,
          onHeld: (held) => events.emit({ type: "waiting-for-transaction", held }),
          signal: ended.signal,
        });
      } catch (error) {
        throw ended.signal.aborted ? ended.signal.reason : error;
      }
    },
    stop(how = {}) {
      finish ||= how.finish ?? false;
      stopping.abort();
      return done;
    },
    progress: () => meter.read(performance.now()),
    subscribe: events.subscribe,
  };
}

/** A promise that is resolved from outside. */
function createLatch(): { readonly opened: Promise<void>; open(): void } {
  let resolveOpened: (() => void) | undefined;
  const opened = new Promise<void>((resolve) => {
    resolveOpened = resolve;
  });
  return { opened, open: () => resolveOpened?.() };
}
