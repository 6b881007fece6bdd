import { createTask, defineTask, hopping, session, tumbling, type WindowAssigner } from "../src/index.js";
import { type BenchEvent, counters, type StreamShape } from "./events.js";

export interface BenchCase {
  readonly name: string;
  readonly shape: StreamShape;
  readonly window: WindowAssigner;
  readonly dedup: boolean;
}

const minutes = (count: number) => count * 60_000;
const perSecond = 1_000;

function caseOf(name: string, window: WindowAssigner, shape: Partial<StreamShape> = {}, dedup = false): BenchCase {
  return { name, window, dedup, shape: { events: 1_000_000, keys: 25, perSecond, shuffledMs: 0, ...shape } };
}

const fiveSeconds = tumbling(5_000);
const shuffled = { shuffledMs: minutes(5) };

export const cases: readonly BenchCase[] = [
  caseOf("tumbling 5 s", fiveSeconds),
  caseOf("tumbling 5 s", fiveSeconds, shuffled),
  caseOf("tumbling 5 s, dedup", fiveSeconds, {}, true),
  caseOf("tumbling 5 s, dedup", fiveSeconds, shuffled, true),
  caseOf("hopping 5 s : 1 s", hopping(5_000, 1_000)),
  caseOf("hopping 5 s : 1 s", hopping(5_000, 1_000), shuffled),
  caseOf("session, gap 1 s", session(1_000)),
  caseOf("session, gap 1 s", session(1_000), shuffled),
  ...[1, 1_000, 100_000, 1_000_000].flatMap((keys) => [
    caseOf("tumbling 30 min", tumbling(minutes(30)), { keys, events: 2_000_000 }),
    caseOf("tumbling 30 min", tumbling(minutes(30)), { keys, events: 2_000_000, ...shuffled }),
  ]),
];

const checkpointEvery = 5_000;

/** The batches in which events come. */
export function cutIntoBatches(events: readonly BenchEvent[]): BenchEvent[][] {
  const batches: BenchEvent[][] = [];
  for (let at = 0; at < events.length; at += checkpointEvery) batches.push(events.slice(at, at + checkpointEvery));
  return batches;
}

/** Folds the events and takes a checkpoint after each batch. Returns the task, which still holds what is open. */
export function runTask({ window, dedup }: BenchCase, batches: readonly (readonly BenchEvent[])[]) {
  const aggregates = Object.fromEntries(
    counters.map((field) => [field, { kind: "sum", field, of: "integer" } as const]),
  );
  const task = createTask(
    defineTask<BenchEvent>()({
      ...(dedup && { id: "id" as const }),
      time: { field: "at", unit: "ms" },
      watermarkDelayMs: minutes(5),
      allowedLatenessMs: 0,
      maxFutureSkewMs: minutes(1),
      output: "final",
      rollups: [{ name: "sums", window, keys: ["key"], aggregates }],
    }),
  );
  for (const batch of batches) {
    task.step(batch);
    task.checkpoint();
  }
  return task;
}

interface Sums {
  usage: number;
  sales: number;
  visitors: number;
  leavers: number;
  conversion: number;
}

/** A bare Map that adds up the five counters: no event time at all. */
export function runMap(batches: readonly (readonly BenchEvent[])[]): Map<string, Sums> {
  const map = new Map<string, Sums>();
  for (const batch of batches) {
    for (const event of batch) {
      let sums = map.get(event.key);
      if (sums === undefined) {
        sums = { usage: 0, sales: 0, visitors: 0, leavers: 0, conversion: 0 };
        map.set(event.key, sums);
      }
      sums.usage += event.usage;
      sums.sales += event.sales;
      sums.visitors += event.visitors;
      sums.leavers += event.leavers;
      sums.conversion += event.conversion;
    }
  }
  return map;
}
