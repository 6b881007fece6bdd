import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { presets } from "@tidemark/scenario";
import { parseOptions, usage } from "./options.js";
import { formatRound, header, medianOf } from "./report.js";
import { measureThroughput, type ThroughputRound } from "./throughput.js";

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
  const { events, rounds, out } = options;
  try {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, "");
  } catch (error) {
    console.error(`bench: --out ${out} cannot be written: ${error instanceof Error ? error.message : String(error)}.`);
    return 2;
  }
  const measured: ThroughputRound[] = [];
  console.log(`Kafka to Postgres: ${events} events, 1,000 to a second of event time, 8 partitions, embedded servers`);
  console.log(header);
  await measureThroughput(events, rounds, presets.deck, (round) => {
    measured.push(round);
    console.log(formatRound(`round ${measured.length}`, round));
  });
  const median = medianOf(measured);
  console.log(formatRound("median", median));
  await writeFile(out, `${JSON.stringify({ events, rounds: measured, median }, undefined, 2)}\n`);
  const faults = measured.flatMap((round) => round.faults);
  for (const fault of faults) console.error(`VOID: ${fault}`);
  return faults.length === 0 ? 0 : 1;
}

process.exitCode = await main();
