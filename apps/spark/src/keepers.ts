import { hostname } from "node:os";
import type { Pipeline, PipelineHealth, PipelineListener, Progress } from "@tidemark/pipeline";
import {
  createEventStream,
  createProgressRecorder,
  createQuietKeeper,
  createRetentionKeeper,
  createWindowMerger,
  OwnedPartitions,
  PipelineHealth as Health,
  ProgressMeter,
} from "@tidemark/pipeline/parts";
import { readOffsets, type KafkaConnection } from "@tidemark/sources";

export interface KeepersOptions {
  readonly pipeline: Pipeline;
  readonly topic: string;
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  readonly connection: KafkaConnection | undefined;
  readonly retentionDays: number | undefined;
  readonly quietAfterMs: number | undefined;
  /** Breaks off whatever is under way. */
  readonly signal: AbortSignal;
}

/** What the consumer does beside its checkpoints, for checkpoints that Spark writes. */
export interface Keepers {
  readonly health: PipelineHealth;
  readonly emit: PipelineListener;
  readonly subscribe: (listener: PipelineListener) => () => void;
  /** How far the job has come. */
  progress(): Progress;
  /** Where a partition's log ends, as Spark saw it last. */
  reach(partition: number, logEndOffset: number): void;
  stop(options: { readonly finish: boolean }): Promise<void>;
}

export function startKeepers(options: KeepersOptions): Keepers {
  const { pipeline, topic, databaseUrl, brokers, connection, retentionDays, quietAfterMs, signal } = options;
  const place = { databaseUrl, pipeline, topic };
  const { emit, subscribe } = createEventStream();
  const partitions = new OwnedPartitions();
  const meter = new ProgressMeter(partitions, performance.now());
  const health = new Health(partitions);
  subscribe((event) => partitions.on(event));
  subscribe((event) => meter.on(event, performance.now()));
  subscribe((event) => health.on(event));
  const recorder = createProgressRecorder({
    ...place,
    pipeline: pipeline.name,
    consumer: `${hostname()}:${process.pid}`,
    onFailed: (reason) => emit({ type: "progress-not-recorded", reason }),
  });
  const merger = createWindowMerger({ ...place, emit, signal });
  const retention =
    retentionDays === undefined
      ? undefined
      : createRetentionKeeper({ databaseUrl, pipeline, days: retentionDays, emit, signal });
  const quiet =
    quietAfterMs === undefined
      ? undefined
      : createQuietKeeper({
          ...place,
          afterMs: quietAfterMs,
          readEnds: (ended) =>
            readOffsets(brokers, topic, { ...(connection !== undefined && { connection }), signal: ended }),
          emit,
        });
  subscribe((event) => {
    for (const keeper of [recorder, merger, retention, quiet]) keeper?.on(event);
  });
  recorder.start();
  retention?.start();
  quiet?.start();

  return {
    health,
    emit,
    subscribe,
    progress: () => meter.read(performance.now()),
    reach(partition, logEndOffset) {
      const owned = partitions.all.get(partition);
      if (owned !== undefined) Object.assign(owned.reach, { logEndOffset, takenOffset: logEndOffset });
    },
    async stop({ finish }) {
      await quiet?.stop();
      await recorder.stop({ finish });
      await merger.stop({ finish });
      await retention?.stop({ finish });
    },
  };
}
