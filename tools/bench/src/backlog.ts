import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runBuilt } from "./apps.js";
import { runMeasured } from "./measured-process.js";
import type { BenchStack } from "./stack.js";

/** How the producer is told of the backlog, so that others can be told of it alike. */
export interface Backlog {
  /** Of the scenario: a file. */
  readonly scenario: string;
  readonly seed: number;
  readonly events: number;
}

/** Sends so many events of a scenario to the stack's topic, by the producer itself. */
export async function fillTopic(stack: BenchStack, scenario: object, events: number): Promise<Backlog> {
  const file = join(stack.directory, "bench-scenario.json");
  await writeFile(file, JSON.stringify(scenario));
  const [node, ...producer] = runBuilt("producer");
  const backlog = ["--scenario", file, "--seed=1", `--events=${events}`, "--rate=max"];
  await runMeasured(node, [...producer, ...backlog], { KAFKA_BROKERS: stack.kafkaBrokers.join(",") });
  return { scenario: file, seed: 1, events };
}
