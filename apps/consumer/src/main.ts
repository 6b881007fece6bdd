import { findAddresses, findRepositoryRoot } from "@tidemark/addresses";
import { parseOptions, usage, type ConsumerOptions } from "./options.js";
import { createJsonReporter, createStatusReporter, createTableReporter } from "./reporter.js";
import { runConsumer } from "./run-consumer.js";
import { describeFailure, prepare } from "./start-up.js";

const reporters = { status: createStatusReporter, json: createJsonReporter, show: createTableReporter };

const sameStopMs = 1_000;

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
    await run(parsed.options, stopping.signal);
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 0;
    const { exitCode, text } = describeFailure(error);
    process.stderr.write(`consumer: ${text}\n`);
    return exitCode;
  }
}

function sayWaiting(path: string): void {
  process.stderr.write(`consumer: waiting for a stack (${path})\n`);
}

async function run(options: ConsumerOptions, signal: AbortSignal): Promise<void> {
  const root = findRepositoryRoot(import.meta.url);

  const addresses = await findAddresses({
    env: process.env,
    need: ["kafka", "postgres"],
    root,
    signal,
    onWait: sayWaiting,
  });
  const reporter = reporters[options.output]({ stream: process.stdout });
  const clusterId = await prepare(addresses, signal);
  await runConsumer(options, { ...addresses, brokers: addresses.kafkaBrokers, clusterId, reporter, signal });
}

process.exitCode = await main();
