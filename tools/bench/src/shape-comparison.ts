import { runBuilt } from "./apps.js";
import type { BenchSizes, Measured } from "./benchmark.js";
import { findFaults, findPeerFaults } from "./check.js";
import { consumeBacklog } from "./consumer-run.js";
import { measureBareCopy } from "./copy-baseline.js";
import { fillShape } from "./fill-shape.js";
import { median, medianOfKnown } from "./median.js";
import { installPeers, runPeer, type PeerName } from "./peers.js";
import { readTreeCpuSeconds } from "./process-tree.js";
import { shapes, type Shape, type ShapeName } from "./shapes.js";
import { startServers, type BenchServers, type ServerKind } from "./servers.js";
import { decimals, row, whole } from "./table.js";

/** What a whole process took, from its start to its exit. */
export interface WholeRun {
  readonly name: string;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** Events per second over the rows per second of bare COPY, of the same round. */
  readonly ofBareCopy: number;
  readonly peakMegabytes: number | undefined;
  readonly cpuSecondsPerMillion: number | undefined;
  readonly postgresCpuSecondsPerMillion: number | undefined;
}

const widths = [14, 9, 10, 9, 9, 9, 11] as const;
const header = row(widths, ["", "whole s", "events/s", "of COPY", "peak MB", "CPU s/M", "PG CPU s/M"]);

/** In characters. */
const LONGEST_CAUSE = 160;

export interface ShapeFigures {
  readonly shape: ShapeName;
  readonly events: number;
  readonly servers: ServerKind;
  readonly rounds: readonly WholeRun[];
  /** Of each name over the rounds. */
  readonly medians: readonly WholeRun[];
}

interface Round {
  readonly servers: BenchServers;
  readonly shape: Shape;
  readonly topic: string;
  readonly events: number;
}

/**
 * Reads one shape of topic by Tidemark's consumer and by each of the peers in turn, whole processes, round after round, each into an
 * empty database; beside them, in each round, bare COPY of the same rows.
 */
export function compareShape(name: ShapeName) {
  return async (
    { events, peers, rounds, servers: kind }: BenchSizes,
    print: (line: string) => void,
  ): Promise<Measured & { readonly figures: ShapeFigures }> => {
    if (peers.length > 0) await installPeers();
    const shape = shapes[name];
    const servers = await startServers(kind);
    const measured: WholeRun[] = [];
    const faults: string[] = [];
    try {
      print(`Shape ${name}: ${shape.description}`);
      print(`${events} events, ${shape.partitions} partitions, whole processes in turn, ${servers.description}`);
      print(header);
      const topic = `bench-${name}`;
      await fillShape(servers, shape, events, topic);
      for (let number = 1; number <= rounds; number += 1) {
        const round = await measureRound({ servers, shape, topic, events }, peers);
        for (const run of round.runs) print(formatRun(run));
        for (const failure of round.failures) print(failure);
        measured.push(...round.runs);
        faults.push(...round.faults);
      }
    } finally {
      await servers.close();
    }
    const medians = ["tidemark", ...peers, "bare COPY"]
      .map((each) => measured.filter((run) => run.name === each))
      .filter((runs) => runs.length > 0)
      .map(medianOf);
    print(`medians of ${rounds}`);
    for (const run of medians) print(formatRun(run));
    return { figures: { shape: name, events, servers: kind, rounds: measured, medians }, faults };
  };
}

interface MeasuredRound {
  readonly runs: WholeRun[];
  /** A sentence for each peer that the topic is too much for: it has no figures. */
  readonly failures: string[];
  readonly faults: string[];
}

async function measureRound(round: Round, peers: readonly PeerName[]): Promise<MeasuredRound> {
  const failures: string[] = [];
  const { servers, events, topic } = round;
  const databaseUrl = await servers.createDatabase();
  const own = await consumeBacklog(runBuilt("consumer"), { servers, databaseUrl, topic, events });
  const faults = await findFaults(databaseUrl, events, topic);
  const copied = await measureBareCopy(databaseUrl);
  const perSecond = (seconds: number) => ({
    seconds,
    eventsPerSecond: events / seconds,
    ofBareCopy: events / seconds / copied,
  });
  const { peakMegabytes, cpuSecondsPerMillion, postgresCpuSecondsPerMillion } = own;
  const runs: WholeRun[] = [
    {
      name: "tidemark",
      ...perSecond(own.wholeSeconds),
      peakMegabytes,
      cpuSecondsPerMillion,
      postgresCpuSecondsPerMillion,
    },
  ];
  for (const name of peers) {
    const peerUrl = await servers.createDatabase();
    const before = await readTreeCpuSeconds(servers.postgresPid);
    const run = await runPeer(name, { servers, databaseUrl: peerUrl, topic }).catch(firstCause);
    if (typeof run === "string") {
      failures.push(`${name} ends by an error of its own: ${run}`);
      continue;
    }
    const after = await readTreeCpuSeconds(servers.postgresPid);
    const perMillion = (cpu: number | undefined) => (cpu === undefined ? undefined : (cpu / events) * 1e6);
    const postgresCpu = before === undefined || after === undefined ? undefined : after - before;
    for (const fault of await findPeerFaults(databaseUrl, peerUrl, events)) faults.push(`${name}: ${fault}`);
    runs.push({
      name,
      ...perSecond(run.wallSeconds),
      peakMegabytes: run.peakMegabytes,
      cpuSecondsPerMillion: perMillion(run.cpuSeconds),
      postgresCpuSecondsPerMillion: perMillion(postgresCpu),
    });
  }
  const unknown = {
    peakMegabytes: undefined,
    cpuSecondsPerMillion: undefined,
    postgresCpuSecondsPerMillion: undefined,
  };
  runs.push({ name: "bare COPY", seconds: events / copied, eventsPerSecond: copied, ofBareCopy: 1, ...unknown });
  return { runs, failures, faults };
}

/** The line that says why a program has failed. */
function firstCause(error: unknown): string {
  const lines = String(error).split("\n");
  const cause = lines.find((line) => /\w(?:Exception|Error): /.test(line) && !line.startsWith("Error: ")) ?? lines[0];
  return (cause ?? "").slice(0, LONGEST_CAUSE);
}

function medianOf(runs: readonly WholeRun[]): WholeRun {
  const of = (figure: (run: WholeRun) => number) => median(runs.map(figure));
  const ofKnown = (figure: (run: WholeRun) => number | undefined) => medianOfKnown(runs.map(figure));
  return {
    name: runs[0]?.name ?? "",
    seconds: of((run) => run.seconds),
    eventsPerSecond: of((run) => run.eventsPerSecond),
    ofBareCopy: of((run) => run.ofBareCopy),
    peakMegabytes: ofKnown((run) => run.peakMegabytes),
    cpuSecondsPerMillion: ofKnown((run) => run.cpuSecondsPerMillion),
    postgresCpuSecondsPerMillion: ofKnown((run) => run.postgresCpuSecondsPerMillion),
  };
}

function formatRun(run: WholeRun): string {
  return row(widths, [
    run.name,
    run.seconds.toFixed(2),
    whole(run.eventsPerSecond),
    run.ofBareCopy.toFixed(3),
    decimals(run.peakMegabytes, 0),
    decimals(run.cpuSecondsPerMillion, 2),
    decimals(run.postgresCpuSecondsPerMillion, 2),
  ]);
}
