/** `nx run producer:serve`: a scenario to Kafka. Exit code 0 when all was acknowledged, 1 when not, 2 for a wrong option. */
import { randomInt } from "node:crypto";
import { AddressError, findAddresses, findRepositoryRoot } from "@tidemark/addresses";
import { KafkaRefusedError } from "./errors.js";
import { findNameProblem } from "./host-names.js";
import { parseOptions, usage, type ProducerOptions } from "./options.js";
import { runProducer } from "./producer.js";
import { createReport } from "./report.js";
import { loadScenario } from "./scenario-file.js";
import { createTerminal } from "./terminal.js";

const WAIT_FOR_STACK_MS = 30_000;
const WAIT_FOR_ANSWERS_MS = 10_000;
const terminal = createTerminal({ out: process.stdout, err: process.stderr });
const stop = new AbortController();
const giveUp = new AbortController();

async function serve(options: ProducerOptions): Promise<number> {
  const loaded = await loadScenario(options.scenario);
  if (!loaded.ok) return refuse(loaded.problem);
  const { kafkaBrokers } = await findAddresses({
    env: process.env,
    need: ["kafka"],
    root: findRepositoryRoot(import.meta.url),
    waitMs: WAIT_FOR_STACK_MS,
    signal: stop.signal,
    onWait: (path) => terminal.warn(`Waiting for a stack (${path}).`),
  });
  const nameProblem = await findNameProblem(kafkaBrokers);
  if (nameProblem !== null) return refuse(nameProblem);
  const live = process.stdout.isTTY && !options.json;
  const complete = await runProducer({
    options,
    scenario: loaded.scenario,
    seed: options.seed ?? randomInt(2 ** 32),
    brokers: kafkaBrokers,
    report: createReport(terminal, options.json, options.topic),
    progressEveryMs: live ? 250 : 5_000,
    stop: stop.signal,
    giveUp: giveUp.signal,
    now: Date.now,
    monotonicMs: () => performance.now(),
  });
  return complete ? 0 : 1;
}

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  switch (parsed.kind) {
    case "help":
      terminal.print(usage);
      return 0;
    case "wrong":
      return refuse(parsed.problem);
    case "run":
      return await serve(parsed.options);
  }
}

function explain(error: unknown): number {
  if (error instanceof AddressError) return refuse(error.message);
  if (stop.signal.aborted && error === stop.signal.reason) return 0;
  const isExpected = error instanceof KafkaRefusedError || !(error instanceof Error);
  terminal.warn(isExpected ? String(error instanceof Error ? error.message : error) : (error.stack ?? error.message));
  return 1;
}

function refuse(problem: string): number {
  terminal.warn(problem);
  return 2;
}

function onSignal(): void {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
  setTimeout(() => terminal.warn("Waiting for Kafka's last answers; a signal again ends this at once."), 500).unref();
  setTimeout(() => giveUp.abort(), WAIT_FOR_ANSWERS_MS).unref();
}

process.on("SIGINT", onSignal);
process.on("SIGTERM", onSignal);
// Whoever read our output has gone (| head): there is nobody left to tell.
process.stdout.on("error", () => stop.abort());

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = explain(error);
}
process.exit();
