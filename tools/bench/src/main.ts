import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { answerOptions, EXIT_CODES } from "@tidemark/cli";
import { compareAllShapes } from "./all-shapes.js";
import type { Benchmark } from "./benchmark.js";
import { checkpoints } from "./checkpoint-sizes.js";
import { growth } from "./growth.js";
import { ids } from "./ids.js";
import { live } from "./live.js";
import { parseOptions, usage, type BenchmarkName } from "./options.js";
import { panels } from "./panels.js";
import { compareShape } from "./shape-comparison.js";
import { scenario } from "./scenario.js";
import { stages } from "./stages.js";
import { throughput } from "./throughput.js";
import { verify } from "./verify.js";

const warn = (line: string): void => console.error(`bench: ${line}`);

const benchmarks: Readonly<Record<BenchmarkName, Benchmark>> = {
  throughput,
  stages,
  checkpoints,
  ids,
  live,
  growth,
  scenario,
  verify,
  panels,
};

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2));
  if (parsed.kind !== "run") return answerOptions(parsed, usage, warn);
  const { options } = parsed;
  const { benchmark, out } = options;
  try {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, "");
  } catch (error) {
    warn(`--out ${out} cannot be written: ${error instanceof Error ? error.message : String(error)}.`);
    return EXIT_CODES.usage;
  }
  const { shape, eventsOf } = options;
  const ofShape = (name: NonNullable<typeof shape>) =>
    name === "all" ? compareAllShapes(eventsOf) : compareShape(name);
  const run = shape === undefined ? benchmarks[benchmark] : ofShape(shape);
  const { figures, faults } = await run(options, (line) => console.log(line));
  await writeFile(out, `${JSON.stringify(figures, undefined, 2)}\n`);
  for (const fault of faults) console.error(`VOID: ${fault}`);
  return faults.length === 0 ? EXIT_CODES.ok : EXIT_CODES.failed;
}

process.exitCode = await main();
