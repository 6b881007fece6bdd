/** `nx run chaos:run`. Exit code 0: equal, 1: different or not caught up, 2: wrong options, or a server that cannot be had. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { answerOptions, createStopSignal, EXIT_CODES } from "@tidemark/cli";
import { EmbeddedPostgresError } from "@tidemark/embedded-postgres";
import { RealKafkaError } from "@tidemark/real-kafka";
import { parseOptions, usage, type ChaosOptions } from "./options.js";
import { formatOutcome, formatSchedule, isEqual } from "./report.js";
import { runChaos } from "./run-chaos.js";
import { hasOpenssl } from "./secrets.js";
import { createSchedule } from "./schedule.js";
import { formatSparkOutcome, runSpark } from "./spark/run-spark.js";
import { createSparkSchedule, describeSparkFault } from "./spark/schedule.js";

const stop = createStopSignal({ withParent: true });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`chaos: ${line}\n`);

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2));
  return parsed.kind === "run" ? await run(parsed.options) : answerOptions(parsed, usage, complain);
}

async function runSparkEngine(options: ChaosOptions): Promise<number> {
  const { seed, minutes, rate, kafka, postgresBinaries, out } = options;
  say(`Seed ${seed}, ${rate} events/s; Spark, Kafka ${kafka}, Postgres ${postgresBinaries ?? "embedded"}.`);
  say("\nSchedule");
  for (const fault of createSparkSchedule({ seed, lengthMs: minutes * 60_000 })) say(describeSparkFault(fault));
  say("\nWhat happened");
  const outcome = await runSpark(options, { say, signal: stop.signal });
  say(`\n${formatSparkOutcome(outcome, process.stdout.columns ?? 80)}`);
  if (out !== null) await writeOutcome(out, outcome);
  return outcome.verdict?.equal === true ? EXIT_CODES.ok : EXIT_CODES.failed;
}

async function writeOutcome(path: string, outcome: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(outcome, undefined, 2)}\n`);
}

async function run(options: ChaosOptions): Promise<number> {
  if (options.engine === "spark") return runSparkEngine(options);
  const { seed, minutes, consumers, failoverEveryMs, rate, kafka, postgresBinaries, out } = options;
  if (options.secured && !hasOpenssl()) {
    complain("--secured needs openssl, which is not there: install it, or leave --secured out.");
    return EXIT_CODES.usage;
  }
  say(
    `Seed ${seed}, ${minutes} minutes, ${consumers} consumers, ${rate} events/s; Kafka ${kafka}, Postgres ${postgresBinaries ?? "embedded"}.`,
  );
  say("\nSchedule");
  say(formatSchedule(createSchedule({ seed, lengthMs: minutes * 60_000, consumers, failoverEveryMs })));
  say("\nWhat happened");
  const outcome = await runChaos(options, { say, signal: stop.signal });
  say(`\n${formatOutcome(outcome, process.stdout.columns ?? 80)}`);
  if (out !== null) await writeOutcome(out, outcome);
  return isEqual(outcome) ? EXIT_CODES.ok : EXIT_CODES.failed;
}

function explain(error: unknown): number {
  if (error instanceof RealKafkaError || error instanceof EmbeddedPostgresError) {
    complain(error.message);
    return EXIT_CODES.usage;
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT_CODES.failed;
}

try {
  process.exitCode = await main();
} catch (error) {
  // Then whatever broke off has done so because of that.
  process.exitCode = stop.request()?.exitCode ?? explain(error);
}
