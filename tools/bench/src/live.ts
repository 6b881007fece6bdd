import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runBuilt } from "./apps.js";
import { benchScenario } from "./backlog.js";
import type { Benchmark } from "./benchmark.js";
import { findFaults } from "./check.js";
import { readLog } from "./log.js";
import { startMeasured, type MeasuredProcess } from "./measured-process.js";
import { quantile } from "./median.js";
import { readCpuSeconds, readTreeCpuSeconds } from "./process-tree.js";
import { startServers, type BenchServers } from "./servers.js";
import { decimals, row, whole } from "./table.js";
import { watchTables } from "./visible.js";

const rates = [100, 1_000];
const widths = [12, 10, 9, 9, 9, 9, 9, 12, 12, 10] as const;
/** The first events of a rate wait for what is done once: the topic, a day's partition, compilation. */
const warmUpMs = 5_000;

interface LiveFigures {
  readonly perSecond: number;
  readonly events: number;
  /** From when the event was to be sent to when a reader saw its row. */
  readonly delaysMs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
  /** Cores of the consumer. */
  readonly consumerCores: number | undefined;
  readonly postgresCores: number | undefined;
  readonly peakMegabytes: number | undefined;
}

/**
 * A live stream: events are due at a fixed rate, whatever becomes of those before (an open loop), and their delay counts from
 * when they were due, which is their record's timestamp. A reader looks at the checkpoints every millisecond: an event
 * is visible from the first look on that shows an offset behind it, since its row commits in the same transaction.
 */
export const live: Benchmark = async ({ events, rounds, servers: kind }, print) => {
  const measured: LiveFigures[] = [];
  const faults: string[] = [];
  const servers = await startServers(kind);
  try {
    print(`Live, from due to visible for a reader: ${servers.description}, fsync on; ms, and cores`);
    print(row(widths, ["events/s", "events", "p50", "p90", "p99", "p99.9", "max", "consumer", "Postgres", "peak MB"]));
    for (const perSecond of rates) {
      for (let round = 1; round <= rounds; round += 1) {
        const taken = await measureRate(servers, perSecond, Math.min(events, perSecond * 30));
        measured.push(taken.figures);
        faults.push(...taken.faults.map((fault) => `${perSecond} events/s: ${fault}`));
        print(format(taken.figures));
      }
    }
  } finally {
    await servers.close();
  }
  return { figures: { rates: measured }, faults };
};

async function measureRate(
  servers: BenchServers,
  perSecond: number,
  events: number,
): Promise<{ readonly figures: LiveFigures; readonly faults: readonly string[] }> {
  const topic = `live-${perSecond}-${Math.floor(performance.now())}`;
  const databaseUrl = await servers.createDatabase();
  const env = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: databaseUrl, KAFKA_TOPIC: topic };
  const scenario = join(servers.directory, "live.json");
  await writeFile(scenario, JSON.stringify(benchScenario));
  const consumer = startMeasured([...runBuilt("consumer"), "--json"], env);
  try {
    await consumer.awaitLine("waiting for topic");
    const warmUp = Math.ceil((warmUpMs / 1000) * perSecond);
    const count = events + warmUp;
    const args = ["--scenario", scenario, "--seed=1", `--rate=${perSecond}`, `--topic=${topic}`];
    // A second longer, so that the slowest of those that count are seen too.
    const watching = watchTables(databaseUrl, topic, count + perSecond);
    const producer = startMeasured([...runBuilt("producer"), ...args], env);
    await consumer.awaitLine("reads partitions");
    const begun = await readUsage(consumer, servers);
    const seen = await watching;
    const used = await readUsage(consumer, servers);
    producer.stop();
    await producer.ended;
    const log = await readLog(servers, topic);
    await watchTables(databaseUrl, topic, log.length);
    const delays = log
      .toSorted((a, b) => a.dueMs - b.dueMs)
      .slice(warmUp, count)
      .map(({ partition, offset, dueMs }) => seen.visibleMs(partition, offset) - dueMs)
      .toSorted((a, b) => a - b);
    consumer.stop();
    const { peakMegabytes } = await consumer.ended;
    const seconds = (used.atMs - begun.atMs) / 1000;
    const cores = (from: number | undefined, to: number | undefined) =>
      from === undefined || to === undefined ? undefined : (to - from) / seconds;
    const figures = {
      perSecond,
      events: delays.length,
      delaysMs: {
        p50: quantile(delays, 0.5),
        p90: quantile(delays, 0.9),
        p99: quantile(delays, 0.99),
        p999: quantile(delays, 0.999),
        max: quantile(delays, 1),
      },
      consumerCores: cores(begun.consumer, used.consumer),
      postgresCores: cores(begun.postgres, used.postgres),
      peakMegabytes,
    };
    return { figures, faults: await findFaults(databaseUrl, log.length, topic) };
  } catch (error) {
    consumer.stop();
    throw error;
  }
}

interface Usage {
  readonly atMs: number;
  readonly consumer: number | undefined;
  readonly postgres: number | undefined;
}

async function readUsage(consumer: MeasuredProcess, servers: BenchServers): Promise<Usage> {
  return {
    atMs: performance.now(),
    consumer: await readCpuSeconds(consumer.pid).catch(() => undefined),
    postgres: await readTreeCpuSeconds(servers.postgresPid),
  };
}

function format({ perSecond, events, delaysMs, consumerCores, postgresCores, peakMegabytes }: LiveFigures): string {
  const { p50, p90, p99, p999, max } = delaysMs;
  return row(widths, [
    whole(perSecond),
    whole(events),
    ...[p50, p90, p99, p999, max].map((ms) => ms.toFixed(1)),
    decimals(consumerCores, 2),
    decimals(postgresCores, 2),
    decimals(peakMegabytes, 0),
  ]);
}
