/** `nx run spark:build`. Exit code 1 where the pipeline is refused, 2 for a wrong option or variable. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { answerOptions, EXIT_CODES, findRepositoryRoot, loadPipeline, PipelineModuleError } from "@tidemark/cli";
import { socmed } from "@tidemark/socmed";
import { describeJob, jobText } from "./job.js";
import { parseOptions, usage } from "./options.js";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const warn = (line: string): void => void process.stderr.write(`spark: ${line}\n`);

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  if (parsed.kind !== "run") return answerOptions(parsed, usage, warn);
  const root = findRepositoryRoot(import.meta.url);
  const given = parsed.options.pipeline;
  try {
    const pipeline = given === undefined ? socmed : await loadPipeline(given, [process.cwd(), root]);
    const directory = join(root, "dist", "spark", pipeline.name);
    const text = jobText(describeJob(pipeline));
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "job.json"), text);
    say(relative(root, join(directory, "job.json")));
    return EXIT_CODES.ok;
  } catch (error) {
    warn(error instanceof Error ? error.message : String(error));
    return error instanceof PipelineModuleError ? EXIT_CODES.usage : EXIT_CODES.failed;
  }
}

process.exitCode = await main();
