/** `nx run chaos:run`. Exit code 0: equal, 1: different or not caught up, 2: wrong options, or a server that cannot be had. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { watchParent } from "@tidemark/cli";
import { EmbeddedPostgresError } from "@tidemark/embedded-postgres";
import { RealKafkaError } from "@tidemark/real-kafka";
import { parseOptions, usage, type ChaosOptions } from "./options.js";
import { formatOutcome, formatSchedule, isEqual } from "./report.js";
import { runChaos } from "./run-chaos.js";
import { createSchedule } from "./schedule.js";

const stopping = new AbortController();
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`chaos: ${line}\n`);

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(usage);
    return 0;
  }
  if ("problem" in options) {
    complain(options.problem);
    return 2;
  }
  return await run(options);
}

async function run(options: ChaosOptions): Promise<number> {
  const { seed, minutes, consumers, rate, kafka, postgresBinaries, out } = options;
  say(
    `Seed ${seed}, ${minutes} minutes, ${consumers} consumers, ${rate} events/s; Kafka ${kafka}, Postgres ${postgresBinaries ?? "embedded"}.`,
  );
  say("\nSchedule");
  say(formatSchedule(createSchedule({ seed, lengthMs: minutes * 60_000, consumers })));
  say("\nWhat happened");
  const outcome = await runChaos(options, { say, signal: stopping.signal });
  say(`\n${formatOutcome(outcome, process.stdout.columns ?? 80)}`);
  if (out !== null) {
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, `${JSON.stringify(outcome, undefined, 2)}\n`);
  }
  return isEqual(outcome) ? 0 : 1;
}

function explain(error: unknown): number {
  if (error instanceof RealKafkaError || error instanceof EmbeddedPostgresError) {
    complain(error.message);
    return 2;
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.on(signal, () => stopping.abort(code));
}
watchParent(() => stopping.abort(1));
// Whoever read the output may be gone.
process.stdout.on("error", () => stopping.abort(1));
process.stderr.on("error", () => undefined);

try {
  process.exitCode = await main();
} catch (error) {
  // Then whatever broke off has done so because of that.
  process.exitCode = stopping.signal.aborted ? Number(stopping.signal.reason) : explain(error);
}
