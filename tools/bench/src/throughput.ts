import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runFromSource } from "./apps.js";
import { findFaults } from "./check.js";
import { measureBareCopy } from "./copy-baseline.js";
import { runMeasured, type PrintedLine } from "./measured-process.js";
import { startStack, type BenchStack } from "./stack.js";

export interface ThroughputRound {
  /** Events over the time from the consumer's assignment to the last commit. */
  readonly eventsPerSecond: number;
  /** That time. */
  readonly seconds: number;
  /** The consumer's whole life, start and stop included. */
  readonly wholeSeconds: number;
  readonly peakMegabytes: number | undefined;
  /** The consumer's own, without Postgres and Kafka. */
  readonly cpuSecondsPerMillion: number | undefined;
  readonly bareCopyRowsPerSecond: number;
  /** eventsPerSecond / bareCopyRowsPerSecond, of the same round. */
  readonly ratio: number;
  /** Not empty: the figures are void. */
  readonly faults: readonly string[];
}

// The deck's events, a thousand of them to a second of event time.
const scenario = (deck: object) => ({ ...deck, name: "bench", rate: { kind: "constant", perSecond: 1_000 } });

/** A backlog of `events`, read and written to an empty database in each round, and the bare COPY after it. */
export async function measureThroughput(
  events: number,
  rounds: number,
  deck: object,
  onRound: (round: ThroughputRound) => void,
): Promise<void> {
  const stack = await startStack();
  try {
    const scenarioFile = join(stack.directory, "bench-scenario.json");
    await writeFile(scenarioFile, JSON.stringify(scenario(deck)));
    const [node, ...producer] = runFromSource("producer");
    const backlog = ["--scenario", scenarioFile, "--seed=1", `--events=${events}`, "--rate=max"];
    await runMeasured(node, [...producer, ...backlog], { KAFKA_BROKERS: stack.kafkaBrokers.join(",") });
    for (let round = 0; round < rounds; round += 1) onRound(await measureRound(stack, events));
  } finally {
    await stack.close();
  }
}

async function measureRound(stack: BenchStack, events: number): Promise<ThroughputRound> {
  const databaseUrl = await stack.createDatabase();
  const [node, ...consumer] = runFromSource("consumer");
  const env = { KAFKA_BROKERS: stack.kafkaBrokers.join(","), DATABASE_URL: databaseUrl };
  const run = await runMeasured(node, [...consumer, "--until-caught-up", "--json"], env);
  const faults = await findFaults(databaseUrl, events);
  const bareCopyRowsPerSecond = await measureBareCopy(databaseUrl);
  const seconds = findLine(run.lines, "caught up").atSeconds - findLine(run.lines, "reads partitions").atSeconds;
  const eventsPerSecond = events / seconds;
  return {
    eventsPerSecond,
    seconds,
    wholeSeconds: run.wallSeconds,
    peakMegabytes: run.peakMegabytes,
    cpuSecondsPerMillion: run.cpuSeconds === undefined ? undefined : (run.cpuSeconds / events) * 1e6,
    bareCopyRowsPerSecond,
    ratio: eventsPerSecond / bareCopyRowsPerSecond,
    faults,
  };
}

function findLine(lines: readonly PrintedLine[], words: string): PrintedLine {
  const line = lines.find(({ text }) => text.includes(words));
  if (line === undefined) throw new Error(`The consumer never said that it ${words}.`);
  return line;
}
