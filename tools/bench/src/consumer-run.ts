import { startMeasured, type Command, type MeasuredProcess, type ProcessFigures } from "./measured-process.js";
import { readTreeCpuSeconds } from "./process-tree.js";
import { query, type BenchServers } from "./servers.js";

/** What it took consumers to read a backlog. */
export interface ConsumerFigures {
  /** Events over `seconds`. */
  readonly eventsPerSecond: number;
  /** From the first assignment to the last commit. */
  readonly seconds: number;
  /** The whole life of all of them, start and stop included. */
  readonly wholeSeconds: number;
  /** Of all consumers together. */
  readonly peakMegabytes: number | undefined;
  readonly cpuSecondsPerMillion: number | undefined;
  readonly postgresCpuSecondsPerMillion: number | undefined;
  /** Write-ahead log over events. */
  readonly walBytesPerEvent: number;
}

export interface Work {
  readonly servers: BenchServers;
  /** Where an empty or another topic's tables are. */
  readonly databaseUrl: string;
  readonly topic: string;
  readonly events: number;
  /** How many consumers share the partitions; default 1. */
  readonly consumers?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Reads all that the topic holds into the database. */
export async function consumeBacklog(command: Command, work: Work): Promise<ConsumerFigures> {
  const { servers, databaseUrl, topic, events, consumers = 1 } = work;
  const addresses = { KAFKA_BROKERS: servers.kafkaBrokers.join(","), DATABASE_URL: databaseUrl, KAFKA_TOPIC: topic };
  const env = { ...addresses, ...work.env };
  const walBefore = await readWal(databaseUrl);
  const cpuBefore = await readTreeCpuSeconds(servers.postgresPid);
  const full: Command = [...command, "--until-caught-up", "--json"];
  const running = Array.from({ length: consumers }, () => startMeasured(full, env));
  const ended = await Promise.all(running.map((one) => one.ended));
  const cpuAfter = await readTreeCpuSeconds(servers.postgresPid);
  const walBytes = (await readWal(databaseUrl)) - walBefore;
  const seconds = await readSeconds(running);
  const perMillion = (cpu: number | undefined) => (cpu === undefined ? undefined : (cpu / events) * 1e6);
  return {
    eventsPerSecond: events / seconds,
    seconds,
    wholeSeconds: Math.max(...ended.map((one) => one.wallSeconds)),
    peakMegabytes: sum(ended, (one) => one.peakMegabytes),
    cpuSecondsPerMillion: perMillion(sum(ended, (one) => one.cpuSeconds)),
    postgresCpuSecondsPerMillion: perMillion(
      cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore,
    ),
    walBytesPerEvent: walBytes / events,
  };
}

/** From when one of them had partitions to when the last knew that all is committed. */
async function readSeconds(running: readonly MeasuredProcess[]): Promise<number> {
  const begun = await Promise.all(running.map((one) => one.awaitLine("reads partitions")));
  const done = await Promise.all(running.map((one) => one.awaitLine("caught up")));
  return (Math.max(...done.map((line) => line.atMs)) - Math.min(...begun.map((line) => line.atMs))) / 1000;
}

async function readWal(databaseUrl: string): Promise<number> {
  const [row] = await query<{ bytes: string }>(
    databaseUrl,
    "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS bytes",
  );
  return Number(row?.bytes);
}

function sum(figures: readonly ProcessFigures[], of: (one: ProcessFigures) => number | undefined): number | undefined {
  const known = figures.map(of).filter((figure) => figure !== undefined);
  return known.length < figures.length ? undefined : known.reduce((total, figure) => total + figure, 0);
}
