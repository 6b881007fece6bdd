/** `nx run producer:serve`: a scenario to Kafka. Exit code 0 when all was acknowledged, 1 when not, 2 for a wrong option. */
import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AddressError, findAddresses, findRepositoryRoot, waitForProcessEnd } from "@tidemark/cli";
import { loadScenario, ScenarioError } from "@tidemark/scenario";
import { courseOf } from "./course.js";
import { KafkaRefusedError } from "./errors.js";
import { findNameProblem } from "./host-names.js";
import { parseOptions, usage, type ProducerOptions } from "./options.js";
import { runProducer } from "./producer.js";
import { createReport } from "./report.js";
import { createTerminal } from "./terminal.js";

const WAIT_FOR_STACK_MS = 30_000;
/** How long an address that was given may take for its first answer, before it is taken for a wrong one. */
const WAIT_FOR_CONTACT_MS = 15_000;
const WAIT_FOR_ANSWERS_MS = 10_000;
const terminal = createTerminal({ out: process.stdout, err: process.stderr });
const stop = new AbortController();
const giveUp = new AbortController();
let stackHasEnded = false;

async function serve(options: ProducerOptions): Promise<number> {
  const loaded = await loadScenario(options.scenario, (file) => readFile(file, "utf8"));
  if (!loaded.ok) return refuse(loaded.problem);
  const course = courseOf(options, loaded.scenario);
  if (typeof course === "string") return refuse(course);
  const { kafkaBrokers, stackPid } = await findAddresses({
    env: process.env,
    need: ["kafka"],
    root: findRepositoryRoot(import.meta.url),
    waitMs: WAIT_FOR_STACK_MS,
    signal: stop.signal,
    onWait: (path) => terminal.warn(`Waiting for a stack (${path}).`),
  });
  const nameProblem = await findNameProblem(kafkaBrokers);
  if (nameProblem !== null) return refuse(nameProblem);
  if (stackPid !== undefined) void endWithStack(stackPid);
  const firstContact = setTimeout(() => {
    terminal.warn(
      `KAFKA_BROKERS: no broker answered at ${kafkaBrokers.join(", ")} in 15 s; check it, and that Kafka runs.`,
    );
    process.exit(2);
  }, WAIT_FOR_CONTACT_MS);
  if (stackPid !== undefined) clearTimeout(firstContact);
  const report = createReport(terminal, options.json, options.topic);
  const live = process.stdout.isTTY && !options.json;
  const complete = await runProducer({
    options,
    course,
    scenario: loaded.scenario,
    seed: options.seed ?? randomInt(2 ** 32),
    brokers: kafkaBrokers,
    report: {
      ...report,
      started(head) {
        clearTimeout(firstContact);
        report.started(head);
      },
    },
    progressEveryMs: live ? 250 : 5_000,
    stop: stop.signal,
    giveUp: giveUp.signal,
    now: Date.now,
    monotonicMs: () => performance.now(),
  });
  return complete && !stackHasEnded ? 0 : 1;
}

/** With the stack its broker has gone for good: nothing is left to wait for. */
async function endWithStack(pid: number): Promise<void> {
  await waitForProcessEnd(pid, stop.signal);
  if (stop.signal.aborted) return;
  stackHasEnded = true;
  terminal.warn(`The stack (pid ${pid}) has ended. Start it again: nx run stack:serve, or npm start.`);
  stop.abort();
  giveUp.abort();
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
  if (error instanceof ScenarioError) return refuse(`${error.message}.`);
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
