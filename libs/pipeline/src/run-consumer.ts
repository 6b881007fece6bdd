import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { checkIdentity, createSink, type Claim } from "@tidemark/sinks";
import { createSource } from "@tidemark/sources";
import { createClusterGuard } from "./cluster-guard.js";
import { catchUp } from "./caught-up.js";
import type { ConsumerState } from "./monitor/consumer-state.js";
import { describeSinkEvent, describeSourceEvent } from "./notes.js";
import type { ConsumerOptions } from "./options.js";
import { createPartitionFold } from "./partition-fold.js";
import { createPartitionTask, type CheckpointingTask } from "./partition-task.js";
import { pipelineWith, taskDefinition } from "./pipeline.js";
import { ProgressMeter, type Progress } from "./progress.js";
import { createProgressRecorder } from "./progress-recorder.js";
import type { Reporter } from "./reporter.js";
import { createRetentionKeeper } from "./retention-keeper.js";
import { askPostgres } from "./start-up.js";

export interface Surroundings {
  readonly brokers: readonly string[];
  readonly clusterId: string;
  readonly databaseUrl: string;
  readonly reporter: Reporter;
  /** Told what happens, for those who watch. */
  readonly state?: ConsumerState | undefined;
  /** Stops the consumer: it commits what it holds first. */
  readonly signal: AbortSignal;
}

/** How long a killed consumer keeps its partitions from others. The sink's time limits lie below it. */
const sessionTimeoutMs = 10_000;
const progressEveryMs = 1_000;
const closeTimeoutMs = 1_000;

/** How a consumer that was told to stop has stopped. */
export interface Stopped {
  /** Partitions of which Postgres had not taken all that was read when the time was over: they are read again from there. */
  readonly abandoned: readonly number[];
}

/** Kafka in, Postgres out, until the signal or, if asked for, until caught up. Rejects where going on can't help. */
export async function runConsumer(options: ConsumerOptions, surroundings: Surroundings): Promise<Stopped> {
  const { brokers, databaseUrl, reporter, state, signal } = surroundings;
  const { topic, group } = options;
  const definition = taskDefinition(options);
  const tasks = new Map<number, CheckpointingTask>();
  /** What was claimed last: ours once the source says so, since the partition may have gone to another meanwhile. */
  const claims = new Map<number, { readonly claim: Claim; readonly task: CheckpointingTask }>();
  let abandoned: readonly number[] = [];
  const meter = new ProgressMeter(performance.now());
  const { clusterId } = surroundings;
  const pipeline = pipelineWith(options);
  const identity = { topic, group, clusterId, pipeline };
  const sink = createSink({
    ...identity,
    databaseUrl,
    onEvent(event) {
      state?.onSinkEvent(event);
      note(describeSinkEvent(event));
    },
  });
  const { retentionDays: days } = options;
  const retention =
    days === undefined ? undefined : createRetentionKeeper({ databaseUrl, pipeline, days, onNote: note, signal });
  const consumer = `${hostname()}:${process.pid}`;
  const recorder = createProgressRecorder({ databaseUrl, pipeline: pipeline.data.name, topic, consumer, onNote: note });
  // After a break the same address may be another cluster's: nothing of it is taken before that is ruled out.
  const cluster = createClusterGuard(brokers, clusterId, (found) =>
    checkIdentity(databaseUrl, { ...identity, clusterId: found }),
  );
  const source = createSource({
    brokers,
    topic,
    group,
    sessionTimeoutMs,
    maxBytesPerPartition: 128 * 1024,
    onLost: options.acceptLoss ? "continue" : "stop",
    onEvent(event) {
      state?.onSourceEvent(event);
      if (event.type === "disconnected" || event.type === "assigned") cluster.suspect();
      if (event.type === "assigned") meter.own(event.partitions, performance.now());
      if (event.type === "claimed") begin(event.partition);
      if (event.type === "paused") recorder.paused(event.partition);
      if (event.type === "abandoned") ({ partitions: abandoned } = event);
      if (event.type === "revoked") for (const partition of event.partitions) forget(partition);
      note(describeSourceEvent(event, topic));
    },
    async claim(partition, { logStartOffset, logEndOffset }) {
      await cluster.check();
      const claim = await sink.claim(partition, logStartOffset);
      const task = createPartitionTask({
        claim,
        logEndOffset,
        beforeBatch: () => cluster.check(),
        sink,
        fold: createPartitionFold(definition, claim),
        onFolded: (rows) => reporter.folded(partition, rows),
        onCommitted({ checkpoint, records, durationMs }) {
          if (tasks.get(partition) === task) {
            meter.reach(partition, checkpoint, performance.now(), records);
            state?.committed(partition, checkpoint, durationMs);
          }
          recorder.committed(partition, { nextOffset: checkpoint.nextOffset, records, durationMs });
          reporter.committed(partition, checkpoint.nextOffset);
          retention?.reach(partition, checkpoint.watermarkMs);
          source.commit(partition, checkpoint.nextOffset);
        },
      });
      claims.set(partition, { claim, task });
      return task;
    },
  });

  function note(text: string | undefined): void {
    if (text !== undefined) reporter.note(text);
  }

  function begin(partition: number): void {
    const claimed = claims.get(partition);
    if (claimed === undefined) return;
    tasks.set(partition, claimed.task);
    meter.reach(partition, claimed.claim, performance.now());
    recorder.own(partition, claimed.task, claimed.claim.nextOffset);
    state?.claimed(claimed.claim, claimed.task);
  }

  function forget(partition: number): void {
    tasks.delete(partition);
    claims.delete(partition);
    meter.release(partition);
    recorder.release(partition);
  }

  // Rejects as `done` does, and is not waited for: the topic may be missing when the signal comes.
  let isReading = false;
  function startReading(): void {
    if (!isReading) source.start().catch(() => {});
    isReading = true;
  }

  let reached: Progress | undefined;
  function noteReached(progress: Progress | undefined): void {
    if (progress === undefined) return;
    reached = progress;
    reporter.note(`caught up with what ${topic} held at the start`);
  }

  const look = () =>
    meter.look(performance.now(), new Map([...tasks].map(([partition, task]) => [partition, task.logEndOffset])));
  const ticker = setInterval(() => reporter.progress(look()), progressEveryMs);
  const ended = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  try {
    await askPostgres(databaseUrl, () => checkIdentity(databaseUrl, identity), signal);
    retention?.start();
    recorder.start();
    const end = options.untilCaughtUp ? catchUp(databaseUrl, brokers, topic, startReading, ended.signal) : undefined;
    if (end === undefined) startReading();
    await Promise.race([stopped, source.done, ...(end === undefined ? [] : [end.then(noteReached)])]);
  } finally {
    clearInterval(ticker);
    ended.abort();
    await source.stop({ flush: true, timeoutMs: options.stopTimeoutMs });
    await recorder.stop({ finish: reached !== undefined });
    await retention?.stop({ finish: reached !== undefined });
    // A transaction that Postgres leaves unanswered would hold it up.
    await Promise.race([sink.close(), sleep(closeTimeoutMs, undefined, { ref: false })]);
  }
  reporter.finish(reached ?? look());
  return { abandoned };
}
