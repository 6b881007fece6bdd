import { runPipeline, type Pipeline, type RunningPipeline, type Stopped } from "@tidemark/pipeline";
import type { MonitorAddress } from "@tidemark/pipeline/monitor";
import type { KafkaConnection } from "@tidemark/sources";
import { describeEvent, type Reporter } from "@tidemark/cli/report";
import type { ConsumerOptions } from "./options.js";

export interface Surroundings {
  readonly brokers: readonly string[];
  /** TLS and SASL for them; undefined: neither. */
  readonly connection?: KafkaConnection | undefined;
  readonly databaseUrl: string;
  readonly reporter: Reporter;
  /** Stops the consumer: it commits what it holds first. */
  readonly signal: AbortSignal;
}

export interface PlacedOptions extends Omit<ConsumerOptions, "pipeline" | "times"> {
  readonly topic: string;
}

export const PROGRESS_EVERY_MS = 1_000;

/** Runs a pipeline until the signal or, if asked for, until it has caught up, and reports on it. */
export async function runConsumer(
  pipeline: Pipeline,
  options: PlacedOptions,
  { brokers, connection, databaseUrl, reporter, signal }: Surroundings,
): Promise<Stopped> {
  const { topic, group, untilCaughtUp } = options;
  let ticker: NodeJS.Timeout | undefined;
  const run = runPipeline(pipeline, {
    brokers,
    ...(connection !== undefined && { connection }),
    databaseUrl,
    topic,
    ...(group === undefined ? {} : { group }),
    signal,
    onLost: options.acceptLoss ? "continue" : "stop",
    stopTimeoutMs: options.stopTimeoutMs,
    startReading: untilCaughtUp ? "when-behind" : "at-once",
    ...(options.maxBatchBytes === undefined ? {} : { maxBatchBytes: options.maxBatchBytes }),
    ...(options.maxLiveIds === undefined ? {} : { maxLiveIds: options.maxLiveIds }),
    ...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
    ...(options.retentionDays === undefined ? {} : { retentionDays: options.retentionDays }),
    ...(options.quietAfterMs === undefined ? {} : { quietAfterMs: options.quietAfterMs }),
    onEvent(event) {
      if (event.type === "prepared") ticker = setInterval(() => reporter.progress(run.progress()), PROGRESS_EVERY_MS);
      reporter.on(event);
      const text = describeEvent(event, { topic, brokers });
      if (text !== undefined) reporter.note(text);
    },
  });
  const monitor = await startMonitorAt(options.monitor, run, { databaseUrl, pipeline: pipeline.name, topic }, reporter);
  try {
    const reached = untilCaughtUp ? await waitUntilCaughtUp(run, signal) : undefined;
    if (reached !== undefined) reporter.note(`caught up with what ${topic} held at the start`);
    const stopped = await (reached === undefined ? run.done : run.stop({ finish: true }));
    reporter.finish(reached ?? run.progress());
    return stopped;
  } finally {
    clearInterval(ticker);
    await monitor?.close();
  }
}

/** Undefined where the signal came first. */
async function waitUntilCaughtUp(run: RunningPipeline, signal: AbortSignal) {
  try {
    return await run.caughtUp();
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** Serves what METRICS_PORT asks for; without it Prometheus's library is not even loaded. */
async function startMonitorAt(
  address: MonitorAddress | undefined,
  run: RunningPipeline,
  tables: { readonly databaseUrl: string; readonly pipeline: string; readonly topic: string },
  reporter: Reporter,
) {
  if (address === undefined) return undefined;
  try {
    const { startMonitor } = await import("@tidemark/pipeline/monitor");
    const monitor = await startMonitor(address, run, tables);
    reporter.note(`can be watched at ${monitor.url}/metrics, /healthz and /readyz`);
    return monitor;
  } catch (error) {
    await run.stop();
    throw error;
  }
}
