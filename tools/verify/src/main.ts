/** `nx run verify:run`. Exit code 0: equal, 1: different, 2: nothing can be said, or not of all partitions. */
import {
  AddressError,
  createStopSignal,
  EXIT_CODES,
  findAddresses,
  findRepositoryRoot,
  loadPipeline,
  PipelineModuleError,
  SIGNAL_EXIT_CODES,
} from "@tidemark/cli";
import { ScenarioError } from "@tidemark/scenario";
import { CannotVerifyError } from "./errors.js";
import { parseOptions, usage, type ToolOptions } from "./options.js";
import { loadRun } from "./producer-run.js";
import { createProgressLine } from "./progress.js";
import { formatVerdict } from "./report.js";
import { findTopic } from "./topic-of-pipeline.js";
import { verify } from "./verify.js";

const progress = createProgressLine(process.stderr);
// A reader that has left (| head) does not stop it: the exit code still tells.
const stop = createStopSignal({
  secondExitCode: SIGNAL_EXIT_CODES.SIGINT,
  closedOutput: "ignore",
  onExit: progress.close,
});

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind === "help") return (await print(usage)) ?? EXIT_CODES.ok;
  return parsed.kind === "wrong" ? refuse(parsed.problem) : await check(parsed.options);
}

async function check({ maxBatchBytes, prefix, differences, json, run, view, ...chosen }: ToolOptions): Promise<number> {
  const scenario = run === null ? undefined : await loadRun(run);
  if (typeof scenario === "string") return refuse(scenario);
  const root = findRepositoryRoot(import.meta.url);
  const given = chosen.module === null ? undefined : await loadPipeline(chosen.module, [process.cwd(), root]);
  const pipeline = chosen.pipeline ?? given?.name;
  const { kafkaBrokers, kafkaConnection, databaseUrl } = await findAddresses({
    env: process.env,
    need: ["kafka", "postgres"],
    root,
    signal: stop.signal,
    onWait: (path) => process.stderr.write(`verify: waiting for a stack (${path})\n`),
  });
  // One of the two is there, by the options.
  const topic = chosen.topic ?? (await findTopic(databaseUrl, pipeline ?? "", stop.signal));
  const verdict = await verify({
    brokers: kafkaBrokers,
    connection: kafkaConnection,
    maxBatchBytes,
    databaseUrl,
    topic,
    prefix,
    differences,
    onProgress: progress.update,
    signal: stop.signal,
    ...(pipeline !== undefined && { pipeline }),
    ...(scenario !== undefined && { scenario }),
    ...(view !== null && { view }),
  });
  progress.close();
  const width = process.stdout.columns ?? 80;
  const failed = await print(`${json ? JSON.stringify(verdict) : formatVerdict(verdict, width)}\n`);
  if (failed !== undefined) return failed;
  if (verdict.counts.length > 0) return EXIT_CODES.failed;
  return verdict.equal ? EXIT_CODES.ok : EXIT_CODES.usage;
}

/** The exit code where it could not be written. Whoever read our output may have left (| head): the code still tells. */
async function print(text: string): Promise<number | undefined> {
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
    process.stdout.write(text, resolve);
  });
  if (!error || error.code === "EPIPE") return undefined;
  return refuse(`Standard output cannot be written (${error.message}).`);
}

function refuse(problem: string): number {
  progress.close();
  process.stderr.write(`verify: ${problem}\n`);
  return EXIT_CODES.usage;
}

function explain(error: unknown): number {
  if (error instanceof AddressError || error instanceof PipelineModuleError || error instanceof CannotVerifyError) {
    return refuse(error.message);
  }
  // The run goes on to where its stream has no events.
  if (error instanceof ScenarioError) return refuse(`${error.message}.`);
  // A mistake of ours: its stack is wanted.
  return refuse(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

try {
  process.exitCode = await main();
} catch (error) {
  // Then whatever broke off has done so because of that.
  process.exitCode = stop.request()?.exitCode ?? explain(error);
} finally {
  progress.close();
}
