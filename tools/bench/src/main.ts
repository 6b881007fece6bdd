import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Benchmark } from "./benchmark.js";
import { checkpoints } from "./checkpoint-sizes.js";
import { growth } from "./growth.js";
import { live } from "./live.js";
import { parseOptions, usage, type BenchmarkName } from "./options.js";
import { panels } from "./panels.js";
import { scenario } from "./scenario.js";
import { stages } from "./stages.js";
import { throughput } from "./throughput.js";
import { verify } from "./verify.js";

const benchmarks: Readonly<Record<BenchmarkName, Benchmark>> = {
  throughput,
  stages,
  checkpoints,
  live,
  growth,
  scenario,
  verify,
  panels,
};

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    console.log(usage);
    return 0;
  }
  if ("problem" in options) {
    console.error(`bench: ${options.problem}`);
    return 2;
  }
  const { benchmark, out } = options;
  try {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, "");
  } catch (error) {
    console.error(`bench: --out ${out} cannot be written: ${error instanceof Error ? error.message : String(error)}.`);
    return 2;
  }
  const { figures, faults } = await benchmarks[benchmark](options, (line) => console.log(line));
  await writeFile(out, `${JSON.stringify(figures, undefined, 2)}\n`);
  for (const fault of faults) console.error(`VOID: ${fault}`);
  return faults.length === 0 ? 0 : 1;
}

process.exitCode = await main();
