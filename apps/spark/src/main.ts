/** `nx run spark:build` and `spark:serve`. Exit code 2 for what a person has to change, such as an option or an address. */
import { relative } from "node:path";
import {
  AddressError,
  answerOptions,
  createStopSignal,
  EXIT_CODES,
  findAddresses,
  findRepositoryRoot,
  loadPipeline,
  PipelineModuleError,
  SIGNAL_EXIT_CODES,
  stopWithStack,
} from "@tidemark/cli";
import { createJsonReporter, createStatusReporter } from "@tidemark/cli/report";
import { withIdScope, withKeyLimit, withTimes, type Pipeline } from "@tidemark/pipeline";
import { SinkError } from "@tidemark/sinks";
import { describeAddress, parseAddress } from "@tidemark/sinks/address";
import { socmed } from "@tidemark/socmed";
import { build } from "./build.js";
import { ensureEnvironment } from "./environment.js";
import { SparkError } from "./errors.js";
import { parseOptions, usage, type SparkOptions } from "./options.js";
import { serve } from "./serve.js";

/** The flagship's events are read from here by default, as by the consumer. */
const FLAGSHIP_TOPIC = "socmed-events";
const LAST_MS = 2_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const warn = (line: string): void => void process.stderr.write(`spark: ${line}\n`);
const root = findRepositoryRoot(import.meta.url);

async function findPipeline({ pipeline: given, times, keyLimit, idScope }: SparkOptions): Promise<Pipeline> {
  const found: Pipeline = given === undefined ? socmed : await loadPipeline(given, [process.cwd(), root]);
  const limited = keyLimit === undefined ? found : withKeyLimit(found, keyLimit);
  return withTimes(idScope === undefined ? limited : withIdScope(limited, idScope), times);
}

async function runServe(options: SparkOptions): Promise<number> {
  const pipeline = await findPipeline(options);
  const topic = options.topic ?? (options.pipeline === undefined ? FLAGSHIP_TOPIC : pipeline.name);
  const stop = createStopSignal();
  const done = new AbortController();
  try {
    const addresses = await findAddresses({
      env: process.env,
      need: ["kafka", "postgres"],
      root,
      signal: stop.signal,
      onWait: (path) => warn(`waiting for a stack (${path})`),
    });
    void stopWithStack(addresses.stackPid, stop, warn, done.signal);
    const createReporter = options.output === "json" ? createJsonReporter : createStatusReporter;
    const reporter = createReporter({ stream: process.stdout, pipeline, name: "spark" });
    reporter.note(`pipeline ${pipeline.name} writes to ${describeAddress(parseAddress(addresses.databaseUrl))}`);
    return await serve(options, { pipeline, topic, addresses, reporter, stop, warn });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return options.untilCaughtUp ? SIGNAL_EXIT_CODES.SIGINT : EXIT_CODES.ok;
  } finally {
    done.abort();
  }
}

async function run(options: SparkOptions): Promise<number> {
  switch (options.command) {
    case "serve":
      return runServe(options);
    case "environment": {
      const { python } = await ensureEnvironment({ env: process.env, say: warn });
      say(python);
      return EXIT_CODES.ok;
    }
    default:
      for (const file of await build(await findPipeline(options), root)) say(relative(root, file));
      return EXIT_CODES.ok;
  }
}

function exitCodeOf(error: unknown): number {
  const isForPerson =
    error instanceof PipelineModuleError ||
    error instanceof AddressError ||
    error instanceof SinkError ||
    (error instanceof SparkError && error.code !== "not-portable");
  return isForPerson ? EXIT_CODES.usage : EXIT_CODES.failed;
}

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind !== "run") return answerOptions(parsed, usage, warn);
  try {
    return await run(parsed.options);
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
    return exitCodeOf(error);
  }
}

process.exitCode = await main();
// A server that has stopped answering would keep its connections, and so the process.
setTimeout(() => process.exit(), LAST_MS).unref();
