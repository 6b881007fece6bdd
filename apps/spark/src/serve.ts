import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT_CODES, type FoundAddresses, SIGNAL_EXIT_CODES, type StopSignal } from "@tidemark/cli";
import { describeEvent, formatTable, type Reporter } from "@tidemark/cli/report";
import type { EventRow, Pipeline } from "@tidemark/pipeline";
import { createPatience, migrate } from "@tidemark/sinks";
import { ensureEnvironment } from "./environment.js";
import { describeJob, jobText } from "./job.js";
import { toPipelineEvent, type FailedEvent, type JobEvent } from "./job-event.js";
import { kafkaOptions } from "./kafka-options.js";
import { startKeepers, type Keepers } from "./keepers.js";
import type { SparkOptions } from "./options.js";
import { addressForLibpq } from "./libpq-address.js";
import { watchPostgres } from "./postgres-watch.js";
import { startSpark } from "./spark-process.js";

const PROGRESS_EVERY_MS = 1_000;
const KILL_AFTER_MS = 10_000;
const RETRY_MS = 1_000;

export interface ServeContext {
  readonly pipeline: Pipeline;
  readonly topic: string;
  readonly addresses: FoundAddresses<"kafka" | "postgres">;
  readonly reporter: Reporter;
  readonly stop: StopSignal;
  readonly warn: (line: string) => void;
}

/** Runs the job on Spark on this machine until it is stopped, or has caught up. Resolves to the exit code. */
export async function serve(options: SparkOptions, context: ServeContext): Promise<number> {
  const { pipeline, topic, addresses, reporter, stop, warn } = context;
  const { kafkaBrokers: brokers, kafkaConnection: connection, databaseUrl } = addresses;
  const job = jobText(describeJob(pipeline));
  const kafka = connection === undefined ? {} : kafkaOptions(connection);
  const libpq = addressForLibpq(databaseUrl, process.env);
  const environment = await ensureEnvironment({ env: process.env, say: reporter.note, signal: stop.signal });
  await makeTables(pipeline, databaseUrl, context);
  const folder = await mkdtemp(join(tmpdir(), "tidemark-spark-job-"));
  const path = join(folder, "job.json");
  await writeFile(path, job);
  const { retentionDays, quietAfterMs } = options;
  const ended = new AbortController();
  const keepers = startKeepers({
    pipeline,
    topic,
    databaseUrl,
    brokers,
    connection,
    retentionDays,
    quietAfterMs,
    signal: AbortSignal.any([stop.signal, ended.signal]),
  });
  keepers.subscribe((event) => {
    const text = describeEvent(event, { topic, brokers });
    if (text !== undefined) reporter.note(text);
  });
  const monitor = await startMonitorAt(options, keepers, { databaseUrl, pipeline: pipeline.name, topic }, reporter);
  let failure: FailedEvent | undefined;
  let batch = 0;

  function onEvent(event: JobEvent): void {
    if (event.type === "failed") failure = event;
    if (event.type === "query-failed") reporter.note(`the query failed (${event.reason}); beginning it anew`);
    if (event.type === "kafka-unavailable") keepers.emit({ type: "disconnected", error: new Error(event.reason) });
    const known = toPipelineEvent(event, topic);
    if (known !== undefined) keepers.emit(known);
    if (event.type === "claimed") keepers.emit({ type: "connected" });
    if (event.type !== "committed") return;
    keepers.reach(event.partition, event.logEndOffset);
    if (event.shown === null || event.shown.count === 0) return;
    const title = `Batch ${batch}: partition ${event.partition}, up to offset ${event.nextOffset}`;
    const rows = event.shown.rows as readonly EventRow[];
    process.stdout.write(`${formatTable(title, pipeline.data, rows, event.shown.count)}\n`);
    batch += 1;
  }

  const process_ = startSpark({
    environment,
    job: path,
    args: [
      ...(options.untilCaughtUp ? ["--until-caught-up"] : []),
      ...(options.acceptLoss ? ["--accept-loss"] : []),
      ...(options.output === "show" ? ["--show"] : []),
      ...(options.maxOffsets === undefined ? [] : ["--max-offsets", String(options.maxOffsets)]),
    ],
    variables: {
      KAFKA_BROKERS: brokers.join(","),
      KAFKA_OPTIONS: JSON.stringify(kafka),
      KAFKA_TOPIC: topic,
      ...(options.group !== undefined && { KAFKA_GROUP: options.group }),
      ...libpq.variables,
      DATABASE_URL: libpq.url,
    },
    onEvent,
  });
  const onStop = () => {
    process_.stop();
    setTimeout(process_.kill, KILL_AFTER_MS).unref();
  };
  if (stop.signal.aborted) onStop();
  stop.signal.addEventListener("abort", onStop, { once: true });
  process.once("exit", process_.kill);
  const ticker = setInterval(() => reporter.progress(keepers.progress()), PROGRESS_EVERY_MS);
  const watching = watchPostgres(databaseUrl, keepers.emit, ended.signal);
  try {
    const { code, output } = await process_.ended;
    if (stop.signal.aborted) return codeOfStop(options, stop);
    if (code === EXIT_CODES.ok) reporter.note(`caught up with what ${topic} held at the start`);
    else warn(describeFailure(failure, output, topic));
    return code === EXIT_CODES.ok || code === EXIT_CODES.usage ? code : EXIT_CODES.failed;
  } finally {
    clearInterval(ticker);
    await keepers.stop({ finish: !stop.signal.aborted });
    ended.abort();
    await watching;
    await monitor?.close();
    reporter.finish(keepers.progress());
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits while Postgres is away. */
async function makeTables(pipeline: Pipeline, databaseUrl: string, { reporter, stop }: ServeContext): Promise<void> {
  const patience = createPatience();
  for (let attempt = 1; ; attempt += 1) {
    try {
      await migrate(pipeline, databaseUrl);
      return;
    } catch (error) {
      if (!patience.allows(error)) throw error;
      if (attempt === 1) reporter.note(`Postgres is away (${error.message}); trying again`);
      await sleep(RETRY_MS, undefined, { signal: stop.signal });
    }
  }
}

function codeOfStop({ untilCaughtUp }: SparkOptions, stop: StopSignal): number {
  if (stop.request()?.by === "stack") return EXIT_CODES.failed;
  return untilCaughtUp ? SIGNAL_EXIT_CODES.SIGINT : EXIT_CODES.ok;
}

const ADVICE: Readonly<Record<string, string>> = {
  FencedError:
    "Another consumer or Spark job has claimed the partitions: the tables are as it writes them. Stop one of the two.",
  LostRecordsError: "To go on without them start again with --accept-loss: the ledger counts them as lost.",
  RefusedError: "KAFKA_GROUP sets the group, KAFKA_BROKERS names the cluster, and DATABASE_URL the tables.",
};

function describeFailure(failure: FailedEvent | undefined, output: string, topic: string): string {
  if (failure === undefined) return `Spark has ended:\n${output}`;
  const { code, reason } = failure;
  const advice = ADVICE[code];
  if (advice === undefined) return reason;
  return `${topic}: ${reason.replace(/\.?$/, ".")} ${advice}`;
}

/** Serves what METRICS_PORT asks for. */
async function startMonitorAt(
  { monitor: address }: SparkOptions,
  keepers: Keepers,
  tables: { readonly databaseUrl: string; readonly pipeline: string; readonly topic: string },
  reporter: Reporter,
) {
  if (address === undefined) return undefined;
  const { startMonitor } = await import("@tidemark/pipeline/monitor");
  const monitor = await startMonitor(address, keepers, tables);
  reporter.note(`can be watched at ${monitor.url}/metrics, /healthz and /readyz`);
  return monitor;
}
