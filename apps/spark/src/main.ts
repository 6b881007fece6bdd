/** `nx run spark:build`. Exit code 1 where the pipeline is refused, 2 for a wrong option or variable. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { answerOptions, EXIT_CODES, findRepositoryRoot, loadPipeline, PipelineModuleError } from "@tidemark/cli";
import { withTimes, type Pipeline } from "@tidemark/pipeline/definition";
import { socmed } from "@tidemark/socmed";
import { ensureEnvironment } from "./environment.js";
import { describeJob, jobText } from "./job.js";
import { parseOptions, usage, type SparkOptions } from "./options.js";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const warn = (line: string): void => void process.stderr.write(`spark: ${line}\n`);

async function build({ pipeline: given, times }: SparkOptions): Promise<void> {
  const root = findRepositoryRoot(import.meta.url);
  const found: Pipeline = given === undefined ? socmed : await loadPipeline(given, [process.cwd(), root]);
  const pipeline = withTimes(found, times);
  const directory = join(root, "dist", "spark", pipeline.name);
  const text = jobText(describeJob(pipeline));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "job.json"), text);
  say(relative(root, join(directory, "job.json")));
}

/** Prints the path of the environment's Python. */
async function printEnvironment(): Promise<void> {
  const { python } = await ensureEnvironment({ env: process.env, say: warn });
  say(python);
}

async function run(options: SparkOptions): Promise<void> {
  await (options.command === "environment" ? printEnvironment() : build(options));
}

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind !== "run") return answerOptions(parsed, usage, warn);
  try {
    await run(parsed.options);
    return EXIT_CODES.ok;
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
    return error instanceof PipelineModuleError ? EXIT_CODES.usage : EXIT_CODES.failed;
  }
}

process.exitCode = await main();
