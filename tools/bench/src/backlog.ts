import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { presets, type Scenario } from "@tidemark/socmed/scenario";
import { runBuilt } from "./apps.js";
import { runMeasured } from "./measured-process.js";
import type { BenchServers } from "./servers.js";

/** How the producer is told of the backlog, so that others can be told of it alike. */
export interface Backlog {
  /** Of the scenario: a file. */
  readonly scenario: string;
  readonly seed: number;
  readonly events: number;
  readonly topic: string;
}

/** The deck's events, a thousand of them to a second of event time. */
export const benchScenario: Scenario = {
  ...presets.deck,
  name: "bench",
  rate: { kind: "constant", perSecond: 1_000 },
};

/** Sends so many events of a scenario to a topic, from the one of `startIndex` on, by the producer itself. */
export async function fillTopic(
  servers: BenchServers,
  scenario: object,
  events: number,
  topic = "socmed-events",
  startIndex = 0,
  partitions = 8,
): Promise<Backlog> {
  const file = join(servers.directory, "bench-scenario.json");
  await writeFile(file, JSON.stringify(scenario));
  const backlog = ["--scenario", file, "--seed=1", `--events=${events}`, "--rate=max", `--topic=${topic}`];
  backlog.push(`--partitions=${partitions}`);
  const start = startIndex === 0 ? [] : [`--start-index=${startIndex}`];
  await runMeasured([...runBuilt("producer"), ...backlog, ...start], { KAFKA_BROKERS: servers.kafkaBrokers.join(",") });
  return { scenario: file, seed: 1, events, topic };
}
