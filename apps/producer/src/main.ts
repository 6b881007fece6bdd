/** `nx run producer:serve`: a scenario to Kafka. Exit code 0 when all was acknowledged, 1 when not, 2 for a wrong option or variable. */
import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  AddressError,
  answerOptions,
  createStopSignal,
  createTerminal,
  EXIT_CODES,
  findAddresses,
  findRepositoryRoot,
  SIGNAL_EXIT_CODES,
  stopWithStack,
  tellConfigured,
} from "@tidemark/cli";
import { ScenarioError } from "@tidemark/scenario";
import { loadScenario } from "@tidemark/socmed/scenario";
import { courseOf } from "./course.js";
import { KafkaRefusedError } from "./errors.js";
import { findNameProblem } from "./host-names.js";
import { parseOptions, usage, type ProducerOptions } from "./options.js";
import { runProducer } from "./producer.js";
import { createReport } from "./report.js";

const WAIT_FOR_STACK_MS = 30_000;
/** After so long without an answer, somebody is told what is waited for. */
const TELL_WAITING_MS = 2_000;
const WAIT_FOR_ANSWERS_MS = 10_000;
const terminal = createTerminal({ out: process.stdout, err: process.stderr });
const stop = createStopSignal({ secondExitCode: SIGNAL_EXIT_CODES.SIGINT });
const giveUp = new AbortController();

async function serve(options: ProducerOptions): Promise<number> {
  const loaded = await loadScenario(options.scenario, (file) => readFile(file, "utf8"));
  if (!loaded.ok) return refuse(loaded.problem);
  const course = courseOf(options, loaded.scenario);
  if (typeof course === "string") return refuse(course);
  const { kafkaBrokers, kafkaConnection, stackPid } = await findAddresses({
    env: process.env,
    need: ["kafka"],
    root: findRepositoryRoot(import.meta.url),
    waitMs: WAIT_FOR_STACK_MS,
    signal: stop.signal,
    onChecked: tellConfigured,
    onWait: (path) => terminal.warn(`Waiting for a stack (${path}).`),
  });
  const nameProblem = await findNameProblem(kafkaBrokers);
  if (nameProblem !== null) return refuse(nameProblem);
  void stopWithStack(stackPid, stop, terminal.warn);
  const firstContact = setTimeout(() => {
    terminal.warn(`Waiting for an answer of Kafka at ${kafkaBrokers.join(", ")}.`);
  }, TELL_WAITING_MS);
  const report = createReport(terminal, options.json, options.topic);
  const live = process.stdout.isTTY && !options.json;
  const complete = await runProducer({
    options,
    course,
    scenario: loaded.scenario,
    seed: options.seed ?? randomInt(2 ** 32),
    brokers: kafkaBrokers,
    connection: kafkaConnection,
    report: {
      ...report,
      started(head) {
        clearTimeout(firstContact);
        report.started(head);
      },
      warn(line) {
        clearTimeout(firstContact);
        report.warn(line);
      },
    },
    progressEveryMs: live ? 250 : 5_000,
    stop: stop.signal,
    giveUp: giveUp.signal,
    now: Date.now,
    monotonicMs: () => performance.now(),
  });
  return complete && stop.request()?.by !== "stack" ? EXIT_CODES.ok : EXIT_CODES.failed;
}

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env);
  return parsed.kind === "run" ? await serve(parsed.options) : answerOptions(parsed, usage, terminal.warn);
}

function explain(error: unknown): number {
  if (error instanceof AddressError) return refuse(error.message);
  if (error instanceof ScenarioError) return refuse(`${error.message}.`);
  if (error instanceof KafkaRefusedError && error.isConfiguration) return refuse(error.message);
  if (error === stop.request()) return EXIT_CODES.ok;
  const isExpected = error instanceof KafkaRefusedError || !(error instanceof Error);
  terminal.warn(isExpected ? String(error instanceof Error ? error.message : error) : (error.stack ?? error.message));
  return EXIT_CODES.failed;
}

function refuse(problem: string): number {
  terminal.warn(problem);
  return EXIT_CODES.usage;
}

/** Kafka may still acknowledge what was sent, unless it has gone with the stack. */
stop.signal.addEventListener("abort", () => {
  if (stop.request()?.by === "stack") {
    giveUp.abort();
    return;
  }
  setTimeout(() => terminal.warn("Waiting for Kafka's last answers; a signal again ends this at once."), 500).unref();
  setTimeout(() => giveUp.abort(), WAIT_FOR_ANSWERS_MS).unref();
});

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = explain(error);
}
process.exit();
