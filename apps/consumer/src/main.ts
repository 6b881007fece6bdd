import { findAddresses, findRepositoryRoot, waitForProcessEnd } from "@tidemark/cli";
import { createPostgresProbe } from "./monitor/postgres-probe.js";
import { startMonitor } from "./monitor/server.js";
import { parseOptions, usage, type ConsumerOptions } from "./options.js";
import { createJsonReporter, createStatusReporter, createTableReporter, type Reporter } from "./reporter.js";
import { runConsumer, type Stopped } from "./run-consumer.js";
import { describeFailure, prepare } from "./start-up.js";

const reporters = { status: createStatusReporter, json: createJsonReporter, show: createTableReporter };

const sameStopMs = 1_000;
const lastMs = 2_000;
const stackEnded = Symbol("the stack has ended");

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind === "help") {
    process.stdout.write(usage);
    return 0;
  }
  if (parsed.kind === "wrong") {
    process.stderr.write(`consumer: ${parsed.problem}\n`);
    return 2;
  }
  const stopping = new AbortController();
  let toldAtMs = Infinity;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      // Nx and a terminal may both signal the same stop; a person's second Ctrl-C comes later.
      if (performance.now() - toldAtMs > sameStopMs) process.exit(1);
      toldAtMs = Math.min(toldAtMs, performance.now());
      stopping.abort();
    });
  }
  // Whoever reads our output may leave (| head): then there is nobody to tell.
  process.stdout.on("error", () => stopping.abort());
  try {
    const { abandoned } = await run(parsed.options, stopping);
    if (abandoned.length > 0) return tellAbandoned(abandoned);
    return codeOfStop(parsed.options, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) return codeOfStop(parsed.options, stopping.signal);
    const { exitCode, text } = describeFailure(error);
    process.stderr.write(`consumer: ${text}\n`);
    return exitCode;
  }
}

/** What was asked for is done, or was cut short: by the stack's end, or before the end offsets were reached. */
function codeOfStop(options: ConsumerOptions, signal: AbortSignal): number {
  if (!signal.aborted) return 0;
  if (signal.reason === stackEnded) return 1;
  return options.untilCaughtUp ? 130 : 0;
}

function tellAbandoned(partitions: readonly number[]): 1 {
  process.stderr.write(
    `consumer: stopped before Postgres had taken all that was read of partitions ${partitions.join(", ")} (STOP_TIMEOUT). ` +
      "Nothing is lost: the next run goes on where the tables end.\n",
  );
  return 1;
}

function sayWaiting(path: string): void {
  process.stderr.write(`consumer: waiting for a stack (${path})\n`);
}

/** With the stack its servers have gone for good: nothing is left to wait for. */
async function stopWithStack(pid: number, stopping: AbortController, done: AbortSignal): Promise<void> {
  await waitForProcessEnd(pid, done);
  if (done.aborted || stopping.signal.aborted) return;
  process.stderr.write(
    `consumer: the stack (pid ${pid}) has ended. Start it again: nx run stack:serve, or npm start.\n`,
  );
  stopping.abort(stackEnded);
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

async function run(options: ConsumerOptions, stopping: AbortController): Promise<Stopped> {
  const { signal } = stopping;
  const root = findRepositoryRoot(import.meta.url);
  const addresses = await findAddresses({
    env: process.env,
    need: ["kafka", "postgres"],
    root,
    signal,
    onWait: sayWaiting,
  });
  const done = new AbortController();
  let closeMonitor: (() => Promise<void>) | undefined;
  if (addresses.stackPid !== undefined) void stopWithStack(addresses.stackPid, stopping, done.signal);
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
