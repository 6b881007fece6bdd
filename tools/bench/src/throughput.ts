import { runBuilt } from "./apps.js";
import { benchScenario, fillTopic } from "./backlog.js";
import type { Benchmark } from "./benchmark.js";
import { findFaults } from "./check.js";
import { consumeBacklog, type Work } from "./consumer-run.js";
import { measureBareCopy } from "./copy-baseline.js";
import { startServers } from "./servers.js";
import { formatRound, header, medianOf, type ThroughputRound } from "./throughput-report.js";

/** A backlog of `events`, read and written to an empty database in each round, and the bare COPY after it. */
export const throughput: Benchmark = async ({ events, rounds, servers: kind, consumers }, print) => {
  const measured: ThroughputRound[] = [];
  const servers = await startServers(kind);
  try {
    const readers = consumers === 1 ? "1 consumer" : `${consumers} consumers`;
    print(
      `Kafka to Postgres: ${events} events, 1,000 to a second of event time, 8 partitions, ${readers}, ${servers.description}`,
    );
    print(header);
    const { topic } = await fillTopic(servers, benchScenario, events);
    for (let number = 1; number <= rounds; number += 1) {
      const databaseUrl = await servers.createDatabase();
      const round = await measureRound({ servers, databaseUrl, topic, events, consumers });
      measured.push(round);
      print(formatRound(`round ${number}`, round));
    }
  } finally {
    await servers.close();
  }
  const median = medianOf(measured);
  print(formatRound("median", median));
  return { figures: { events, consumers, servers: kind, rounds: measured, median }, faults: median.faults };
};

async function measureRound(work: Work): Promise<ThroughputRound> {
  const figures = await consumeBacklog(runBuilt("consumer"), work);
  const faults = await findFaults(work.databaseUrl, work.events);
  const bareCopyRowsPerSecond = await measureBareCopy(work.databaseUrl);
  return { ...figures, bareCopyRowsPerSecond, ratio: figures.eventsPerSecond / bareCopyRowsPerSecond, faults };
}
