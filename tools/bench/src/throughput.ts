import { presets } from "@tidemark/scenario";
import { runBuilt } from "./apps.js";
import { fillTopic } from "./backlog.js";
import type { Benchmark } from "./benchmark.js";
import { findFaults } from "./check.js";
import { measureBareCopy } from "./copy-baseline.js";
import { runMeasured, type PrintedLine } from "./measured-process.js";
import { startStack, type BenchStack } from "./stack.js";
import { formatRound, header, medianOf } from "./throughput-report.js";
import type { ThroughputRound } from "./throughput-round.js";

// The deck's events, a thousand of them to a second of event time.
const scenario = { ...presets.deck, name: "bench", rate: { kind: "constant", perSecond: 1_000 } };

/** A backlog of `events`, read and written to an empty database in each round, and the bare COPY after it. */
export const throughput: Benchmark = async ({ events, rounds }, print) => {
  print(`Kafka to Postgres: ${events} events, 1,000 to a second of event time, 8 partitions, embedded servers`);
  print(header);
  const measured: ThroughputRound[] = [];
  const stack = await startStack();
  try {
    await fillTopic(stack, scenario, events);
    for (let number = 1; number <= rounds; number += 1) {
      const round = await measureRound(stack, events);
      measured.push(round);
      print(formatRound(`round ${number}`, round));
    }
  } finally {
    await stack.close();
  }
  const median = medianOf(measured);
  print(formatRound("median", median));
  return { figures: { events, rounds: measured, median }, faults: median.faults };
};

async function measureRound(stack: BenchStack, events: number): Promise<ThroughputRound> {
  const databaseUrl = await stack.createDatabase();
  const [node, ...consumer] = runBuilt("consumer");
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
