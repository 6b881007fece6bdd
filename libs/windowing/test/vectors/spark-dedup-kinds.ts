import { inOrder } from "./answers.js";
import type { Fields } from "./case.js";
import { type Adapter, adapter, type CaseRun, unknownOperation } from "./case-run.js";
import {
  type BatchStep,
  countOf,
  itemsOf,
  type QueryConfig,
  sumOf,
  timesOf,
  watermarkOf,
} from "./spark-count-kinds.js";
import { type Item, MicroBatches, type Operator } from "./spark-batches.js";
import { WindowCounts } from "./spark-counts.js";
import {
  deduplicateWithin,
  Deduplication,
  judgedAtPoint,
  judgedByWindow,
  neverJudged,
  pointInTime,
} from "./spark-deduplication.js";
import { assignerOf } from "./window-config.js";

interface DedupConfig {
  readonly keys: readonly string[];
  readonly watermarkDelay: number | null;
  readonly noDataBatch?: boolean;
}

/** Kept until the watermark reaches the event's time, or for ever where the time is no key. */
export const dedup: Adapter = adapter<DedupConfig, BatchStep>((run) => runDedup(run, [deduplicationOf(run)]));

/** Kept for as long as the watermark's delay after the first event. */
export const dedupWithinWatermark: Adapter = adapter<DedupConfig & { watermarkDelay: number }, BatchStep>((run) =>
  runDedup(run, deduplicateWithin(run.ms(run.config.watermarkDelay))),
);

function deduplicationOf(run: CaseRun<DedupConfig, unknown>): Deduplication {
  const { keys, watermarkDelay } = run.config;
  return new Deduplication(pointInTime, watermarkDelay !== null && keys.includes("t") ? judgedAtPoint : neverJudged);
}

function runDedup(run: CaseRun<DedupConfig, BatchStep>, operators: readonly Operator[]): void {
  const { watermarkDelay, noDataBatch } = run.config;
  const watermark = watermarkOf(run, watermarkDelay);
  const deduplication = operators.at(-1) as Deduplication;
  const query = new MicroBatches(operators, watermark, noDataBatch);
  for (const [at, step] of run.steps) {
    query.beginStep();
    deduplication.passed = [];
    runStep(run, query, step);
    const { updated, removed, duplicates } = deduplication.counters;
    run.expect(at, step.expect, {
      emitted: deduplication.passed.map(({ event }) => (isTimeAlone(event) ? event["t"] : event)),
      emittedIds: deduplication.passed.map(({ event }) => event["id"]),
      stateRows: deduplication.stateRows,
      dropped: sumOf(operators, "droppedRows"),
      updated,
      removed,
      duplicates,
      watermarkAfter: watermark && run.unit(watermark.ms),
    });
  }
}

/** Events of nothing but a time are given as it. */
function isTimeAlone(event: Fields): boolean {
  return Object.keys(event).join() === "t";
}

/** Figures are of the window operator, then of the deduplication before it. */
export const dedupThenWindowedCount: Adapter = adapter<DedupConfig & QueryConfig, BatchStep>((run) => {
  const { window, outputMode, watermarkDelay, noDataBatch } = run.config;
  const watermark = watermarkOf(run, watermarkDelay);
  const judgement = watermarkDelay === null ? neverJudged : judgedByWindow;
  const counts = new WindowCounts(assignerOf(run.vector, window), outputMode, judgement);
  const deduplication = deduplicationOf(run);
  const query = new MicroBatches([deduplication, counts], watermark, noDataBatch);
  for (const [at, step] of run.steps) {
    query.beginStep();
    runStep(run, query, step);
    const both = (figure: (operator: Operator) => number) => inOrder([counts, deduplication].map(figure));
    run.expect(at, step.expect, {
      emitted: counts.takeGiven().map((row) => countOf(run, row)),
      table: counts.table.map((row) => countOf(run, row)),
      stateRows: both(({ stateRows }) => stateRows),
      updated: both(({ counters }) => counters.updated),
      removed: both(({ counters }) => counters.removed),
      dropped: inOrder([counts.counters.droppedGroups, deduplication.counters.droppedRows]),
      watermarkAfter: watermark && run.unit(watermark.ms),
    });
  }
});

function runStep(run: CaseRun<DedupConfig, BatchStep>, query: MicroBatches, step: BatchStep): void {
  if (step.op === "restart") return query.restart();
  if (step.op !== "batch") throw unknownOperation(step.op);
  const { keys } = run.config;
  const items: Item[] = itemsOf(run, step.events as readonly Fields[], (event) =>
    JSON.stringify(keys.map((key) => event[key])),
  );
  query.batch(items, timesOf(items));
}
