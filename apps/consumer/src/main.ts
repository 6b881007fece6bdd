import {
  answerOptions,
  createStopSignal,
  EXIT_CODES,
  findAddresses,
  findRepositoryRoot,
  loadPipeline,
  SIGNAL_EXIT_CODES,
  stopWithStack,
  tellConfigured,
  type StopSignal,
} from "@tidemark/cli";
import { withIdScope, withKeyLimit, withTimes, type Pipeline, type Stopped } from "@tidemark/pipeline";
import { describeAddress, parseAddress } from "@tidemark/sinks/address";
import { socmed } from "@tidemark/socmed";
import { parseOptions, usage, type ConsumerOptions } from "./options.js";
import { createJsonReporter, createStatusReporter, createTableReporter } from "@tidemark/cli/report";
import { rebuild } from "./rebuild.js";
import { parseRebuildOptions, rebuildUsage, type RebuildOptions } from "./rebuild-options.js";
import { runConsumer } from "./run-consumer.js";
import { describeFailure } from "./start-up.js";

const reporters = { status: createStatusReporter, json: createJsonReporter, show: createTableReporter };

/** The flagship's events are read from here by default. */
const FLAGSHIP_TOPIC = "socmed-events";

const lastMs = 2_000;
const warn = (line: string): void => void process.stderr.write(`consumer: ${line}\n`);

async function main(): Promise<number> {
  const [command, ...rest] = process.argv.slice(2);
  const isRebuild = command === "rebuild";
  const parsed = isRebuild ? parseRebuildOptions(rest, process.env) : parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind !== "run") return answerOptions(parsed, isRebuild ? rebuildUsage : usage, warn);
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

/** The pipeline, and where its events are read from by default. */
async function findPipeline({ pipeline: given, times, keyLimit, idScope }: ConsumerOptions, root: string) {
  const found: Pipeline = given === undefined ? socmed : await loadPipeline(given, [process.cwd(), root]);
  const limited = keyLimit === undefined ? found : withKeyLimit(found, keyLimit);
  const pipeline = withTimes(idScope === undefined ? limited : withIdScope(limited, idScope), times);
  return { pipeline, defaultTopic: given === undefined ? FLAGSHIP_TOPIC : found.name };
}

async function run(options: ConsumerOptions | RebuildOptions, stop: StopSignal): Promise<Stopped> {
  const { signal } = stop;
  const root = findRepositoryRoot(import.meta.url);
  const { pipeline, defaultTopic } = await findPipeline(options, root);
  const addresses = await findAddresses({
    env: process.env,
    need: ["kafka", "postgres"],
    root,
    signal,
    onChecked: tellConfigured,
    onWait: (path) => warn(`waiting for a stack (${path})`),
  });
  const done = new AbortController();
  void stopWithStack(addresses.stackPid, stop, warn, done.signal);
  try {
    const { kafkaBrokers: brokers, kafkaConnection: connection, databaseUrl } = addresses;
    const { topic = defaultTopic } = options;
    const reporter = reporters[options.output]({ stream: process.stdout, pipeline, name: "consumer" });
    // Before anything is changed there: it may be another database than the one that was meant.
    reporter.note(`pipeline ${pipeline.name} writes to ${describeAddress(parseAddress(databaseUrl))}`);
    const surroundings = { brokers, connection, databaseUrl, reporter, signal };
    if ("target" in options) return await rebuild(pipeline, { ...options, topic }, surroundings);
    return await runConsumer(pipeline, { ...options, topic }, surroundings);
  } finally {
    done.abort();
  }
}

process.exitCode = await main();
// A server that has stopped answering would keep its connections, and so the process.
setTimeout(() => process.exit(), lastMs).unref();
