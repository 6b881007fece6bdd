import type { Benchmark } from "./benchmark.js";
import type { PeerName } from "./peers.js";
import { compareShape, type ShapeFigures, type WholeRun } from "./shape-comparison.js";
import { shapeNames, type ShapeName } from "./shapes.js";
import { decimals, row, whole } from "./table.js";

const widths = [16, 10, 10, 9, 9, 9, 9, 11] as const;
const peerWidth = 13;

/**
 * Every shape, one after the other, and then one table of all: Tidemark's figures of each, and how many times as fast as each peer it
 * is, the worst shape first. `eventsOf`: how many events a shape has.
 */
export function compareAllShapes(eventsOf: (name: ShapeName) => number): Benchmark {
  return async (sizes, print) => {
    const measured: ShapeFigures[] = [];
    const faults: string[] = [];
    for (const name of shapeNames) {
      const compared = await compareShape(name)({ ...sizes, events: eventsOf(name) }, print);
      print("");
      measured.push(compared.figures);
      faults.push(...compared.faults.map((fault) => `${name}: ${fault}`));
    }
    const figures = measured.toSorted((a, b) => leastRatio(a, sizes.peers) - leastRatio(b, sizes.peers));
    for (const line of formatAll(figures, sizes.peers)) print(line);
    return { figures: { shapes: figures }, faults };
  };
}

function formatAll(figures: readonly ShapeFigures[], peers: readonly PeerName[]): string[] {
  const all = [...widths, ...peers.map(() => peerWidth)];
  const fixed = ["shape", "events", "events/s", "whole s", "of COPY", "peak MB", "CPU s/M", "PG CPU s/M"];
  const lines = [row(all, [...fixed, ...peers.map((peer) => `x ${peer}`)])];
  for (const shape of figures) {
    const own = runOf(shape, "tidemark");
    const cells = [
      shape.shape,
      whole(shape.events),
      whole(own.eventsPerSecond),
      own.seconds.toFixed(2),
      own.ofBareCopy.toFixed(3),
      decimals(own.peakMegabytes, 0),
      decimals(own.cpuSecondsPerMillion, 2),
      decimals(own.postgresCpuSecondsPerMillion, 2),
    ];
    lines.push(row(all, [...cells, ...peers.map((peer) => decimals(ratioTo(shape, peer), 2))]));
  }
  return lines;
}

/** To the fastest peer; without peers, to bare COPY. */
function leastRatio(shape: ShapeFigures, peers: readonly PeerName[]): number {
  const ratios = peers.map((peer) => ratioTo(shape, peer)).filter((ratio) => ratio !== undefined);
  return ratios.length === 0 ? runOf(shape, "tidemark").ofBareCopy : Math.min(...ratios);
}

/** Undefined where the peer has failed. */
function ratioTo(shape: ShapeFigures, peer: PeerName): number | undefined {
  const run = shape.medians.find(({ name }) => name === peer);
  return run && runOf(shape, "tidemark").eventsPerSecond / run.eventsPerSecond;
}

function runOf({ shape, medians }: ShapeFigures, name: string): WholeRun {
  const run = medians.find((one) => one.name === name);
  if (run === undefined) throw new Error(`The shape ${shape} has no figures of ${name}.`);
  return run;
}
