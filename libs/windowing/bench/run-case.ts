/** Runs the case of this number: task and bare Map by turns. Prints its figures as JSON. */
import { type BenchCase, cases, cutIntoBatches, runMap, runTask } from "./cases.js";
import { counters, createEvents } from "./events.js";

export interface CaseFigures {
  readonly taskNs: number;
  readonly mapNs: number;
  /** Rows held at the end. */
  readonly rows: number;
  /** Memory that they take beside their aggregates, keys and index included; null where too few are held to tell. */
  readonly bytesPerRow: number | null;
}

const rounds = 5;
const bench = cases[Number(process.argv[2])];
if (bench === undefined) throw new RangeError(`There is no case ${process.argv[2]}.`);
const batches = cutIntoBatches(createEvents(bench.shape));
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});

function time({ shape }: BenchCase, run: () => unknown): number {
  collect();
  const started = performance.now();
  run();
  return ((performance.now() - started) * 1e6) / shape.events;
}

const inUse = (): number => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

// Memory first, before rounds leave garbage.
const before = inUse();
const task = runTask(bench, batches);
const taken = inUse() - before;
const { rows } = task.held();
const aggregateBytes = counters.length * 8;
const bytesPerRow = rows < 10_000 ? null : taken / rows - aggregateBytes;

let taskNs = Infinity;
let mapNs = Infinity;
for (let round = 0; round < rounds; round++) {
  mapNs = Math.min(
    mapNs,
    time(bench, () => runMap(batches)),
  );
  taskNs = Math.min(
    taskNs,
    time(bench, () => runTask(bench, batches)),
  );
}
const figures: CaseFigures = { taskNs, mapNs, rows, bytesPerRow };
console.log(JSON.stringify(figures));
