import { presets } from "@tidemark/socmed/scenario";
import { runBuilt, runToolFromSource } from "./apps.js";
import { fillTopic, type Backlog } from "./backlog.js";
import type { Benchmark } from "./benchmark.js";
import { runMeasured, type ProcessFigures } from "./measured-process.js";
import { median, medianOfKnown } from "./median.js";
import { startServers, type BenchServers } from "./servers.js";
import { decimals, row, whole } from "./table.js";

const widths = [26, 12, 10, 10, 14] as const;

interface VerifyFigures {
  readonly eventsPerSecond: number;
  readonly seconds: number;
  readonly peakMegabytes: number | undefined;
  readonly cpuSecondsPerMillion: number | undefined;
}

/**
 * The verifier as a process: the log against the tables, and the whole chain from the scenario on. All kinds of faults are
 * in the stream. A verdict that isn't "equal" ends the run, since the figures would be void.
 */
export const verify: Benchmark = async ({ events, rounds, servers: kind }, print) => {
  const servers = await startServers(kind);
  try {
    print(
      `Verified: ${events} events of dirty at 1,000 to a second of event time, 8 partitions, ${servers.description}`,
    );
    print(row(widths, ["", "events/s", "seconds", "peak MB", "CPU s/million"]));
    const scenario = { ...presets.dirty, name: "bench", rate: { kind: "constant", perSecond: 1_000 } };
    const backlog = await fillTopic(servers, scenario, events);
    const databaseUrl = await consumeAll(servers);
    const links = { "log -> tables": [], "scenario -> log -> tables": runArguments(backlog) };
    const figures: Record<string, VerifyFigures> = {};
    for (const [name, args] of Object.entries(links)) {
      const taken: VerifyFigures[] = [];
      for (let round = 1; round <= rounds; round += 1) taken.push(await measure(servers, databaseUrl, events, args));
      const one = medianOf(taken);
      figures[name] = one;
      print(
        row(widths, [
          name,
          whole(one.eventsPerSecond),
          one.seconds.toFixed(1),
          decimals(one.peakMegabytes, 0),
          decimals(one.cpuSecondsPerMillion, 2),
        ]),
      );
    }
    return { figures: { events, rounds, links: figures }, faults: [] };
  } finally {
    await servers.close();
  }
};

async function consumeAll(servers: BenchServers): Promise<string> {
  const databaseUrl = await servers.createDatabase();
  await runMeasured([...runBuilt("consumer"), "--until-caught-up", "--json"], addressesOf(servers, databaseUrl));
  return databaseUrl;
}

async function measure(
  servers: BenchServers,
  databaseUrl: string,
  events: number,
  args: readonly string[],
): Promise<VerifyFigures> {
  const run: ProcessFigures = await runMeasured(
    [...runToolFromSource("verify"), "--json", ...args],
    addressesOf(servers, databaseUrl),
  );
  return {
    eventsPerSecond: events / run.wallSeconds,
    seconds: run.wallSeconds,
    peakMegabytes: run.peakMegabytes,
    cpuSecondsPerMillion: run.cpuSeconds === undefined ? undefined : (run.cpuSeconds / events) * 1e6,
  };
}

function addressesOf(servers: BenchServers, databaseUrl: string): Record<string, string> {
  return { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: databaseUrl };
}

function runArguments({ scenario, seed, events }: Backlog): readonly string[] {
  return ["--scenario", scenario, `--seed=${seed}`, `--events=${events}`, "--rate=max"];
}

function medianOf(taken: readonly VerifyFigures[]): VerifyFigures {
  return {
    eventsPerSecond: median(taken.map((one) => one.eventsPerSecond)),
    seconds: median(taken.map((one) => one.seconds)),
    peakMegabytes: medianOfKnown(taken.map((one) => one.peakMegabytes)),
    cpuSecondsPerMillion: medianOfKnown(taken.map((one) => one.cpuSecondsPerMillion)),
  };
}
