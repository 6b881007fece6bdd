import {
  answerOptions,
  createStopSignal,
  EXIT_CODES,
  findAddresses,
  findRepositoryRoot,
  SIGNAL_EXIT_CODES,
  stopWithStack,
  type StopSignal,
} from "@tidemark/cli";
import { createPostgresProbe } from "./monitor/postgres-probe.js";
import { startMonitor } from "./monitor/server.js";
import { parseOptions, usage, type ConsumerOptions } from "./options.js";
import { createJsonReporter, createStatusReporter, createTableReporter, type Reporter } from "./reporter.js";
import { runConsumer, type Stopped } from "./run-consumer.js";
import { describeFailure, prepare } from "./start-up.js";

const reporters = { status: createStatusReporter, json: createJsonReporter, show: createTableReporter };

const lastMs = 2_000;
const warn = (line: string): void => void process.stderr.write(`consumer: ${line}\n`);

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind !== "run") return answerOptions(parsed, usage, warn);
  const stop = createStopSignal();
  try {
    const { abandoned } = await run(parsed.options, stop);
    if (abandoned.length > 0) return tellAbandoned(abandoned);
    return codeOfStop(parsed.options, stop);
  } catch (error) {
    if (stop.signal.aborted) return codeOfStop(parsed.options, stop);
    const { exitCode, text } = describeFailure(error);
    warn(text);
    return exitCode;
  }
}

/** A run until it has caught up is cut short by a signal. Without the stack's servers no run has done its work. */
function codeOfStop(options: ConsumerOptions, stop: StopSignal): number {
  const request = stop.request();
  if (request === undefined) return EXIT_CODES.ok;
  if (request.by === "stack") return EXIT_CODES.failed;
  return options.untilCaughtUp ? SIGNAL_EXIT_CODES.SIGINT : EXIT_CODES.ok;
}

function tellAbandoned(partitions: readonly number[]): number {
  warn(
    `stopped before Postgres had taken all that was read of partitions ${partitions.join(", ")} (STOP_TIMEOUT). ` +
      "Nothing is lost: the next run goes on where the tables end.",
  );
  return EXIT_CODES.failed;
}

/** Serves what METRICS_PORT asks for; without it Prometheus's library is not even loaded. */
async function watch({ monitor, topic }: ConsumerOptions, databaseUrl: string, reporter: Reporter) {
  if (monitor === undefined) return undefined;
  const { createMetrics } = await import("./monitor/prometheus.js");
  const metrics = createMetrics();
  const { url, close } = await startMonitor(monitor, metrics, createPostgresProbe(databaseUrl, topic));
  reporter.note(`can be watched at ${url}/metrics, /healthz and /readyz`);
  return { state: metrics.state, close };
}

async function run(options: ConsumerOptions, stop: StopSignal): Promise<Stopped> {
  const { signal } = stop;
  const root = findRepositoryRoot(import.meta.url);
  const addresses = await findAddresses({
    env: process.env,
    need: ["kafka", "postgres"],
    root,
    signal,
    onWait: (path) => warn(`waiting for a stack (${path})`),
  });
  const done = new AbortController();
  let closeMonitor: (() => Promise<void>) | undefined;
  void stopWithStack(addresses.stackPid, stop, warn, done.signal);
  try {
    const reporter = reporters[options.output]({ stream: process.stdout });
    const watched = await watch(options, addresses.databaseUrl, reporter);
    closeMonitor = watched?.close;
    const clusterId = await prepare(addresses, signal);
    const { kafkaBrokers: brokers, databaseUrl } = addresses;
    return await runConsumer(options, { brokers, databaseUrl, clusterId, reporter, signal, state: watched?.state });
  } finally {
    done.abort();
    await closeMonitor?.();
  }
}

process.exitCode = await main();
// A server that has stopped answering would keep its connections, and so the process.
setTimeout(() => process.exit(), lastMs).unref();
