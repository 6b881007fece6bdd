import { session, type WindowAssigner } from "../../src/index.js";
import type { Fields } from "./case.js";
import { type Adapter, adapter, type CaseRun, unknownOperation } from "./case-run.js";
import { type Item, type Judgement, MicroBatches, type Operator } from "./spark-batches.js";
import { type CountOperator, type OutputMode, SessionCountsByGap, WindowCounts } from "./spark-counts.js";
import { judgedAtPoint, judgedByWindow, LateFilter, neverJudged, pointInTime } from "./spark-deduplication.js";
import { sparkDurationMs } from "./spark-durations.js";
import { combineStatistics, statisticsOf } from "./spark-statistics.js";
import { SparkWatermark } from "./spark-watermark.js";
import type { Row } from "./twin-task.js";
import { assignerOf, type WindowConfig } from "./window-config.js";

export interface SparkEvent {
  readonly t?: number;
  readonly k?: string;
}

export interface QueryConfig {
  readonly window: WindowConfig & { readonly gapByKey?: Readonly<Record<string, number>> };
  readonly watermarkDelay: number | string | null;
  readonly outputMode: OutputMode;
  readonly noDataBatch?: boolean;
}

export interface BatchStep {
  readonly op: string;
  readonly events?: readonly SparkEvent[];
  readonly expect?: Fields;
}

/** Events counted in windows, by key where they have one: `windowed-count`, `grouped-count-raw-time` and `session-count`. */
export const windowedCount: Adapter = adapter<QueryConfig, BatchStep>((run) => {
  const { watermarkDelay, noDataBatch } = run.config;
  const watermark = watermarkOf(run, watermarkDelay);
  const counts = countsOf(run);
  const isOwnFirst = run.config.window.type === "session" && run.follows("sessions-merge-before-they-are-judged");
  const operators = isOwnFirst ? [...ownSessionsFirst(run), counts] : [counts];
  const query = new MicroBatches(operators, watermark, noDataBatch);
  for (const [at, step] of run.steps) {
    query.beginStep();
    const beforeMs = watermark?.ms;
    const items = itemsOf(run, step.events, (_, index) => `${at}:${index}`);
    if (step.op === "batch") query.batch(items, timesOf(items));
    else if (step.op === "restart") query.restart();
    else throw unknownOperation(step.op);
    const { updated, removed } = counts.counters;
    run.expect(at, step.expect, {
      emitted: counts.takeGiven().map((row) => countOf(run, row)),
      table: counts.table.map((row) => countOf(run, row)),
      stateRows: counts.stateRows,
      dropped: sumOf(operators, "droppedGroups"),
      droppedRows: sumOf(operators, "droppedRows"),
      updated,
      removed,
      watermarkAfter: watermark && run.unit(watermark.ms),
      eventTime: beforeMs === undefined ? {} : { ...figuresOf(run, items), watermark: run.unit(beforeMs) },
    });
  }
});

function countsOf(run: CaseRun<QueryConfig, unknown>): CountOperator {
  const { window, outputMode, watermarkDelay } = run.config;
  const make = (assigner: WindowAssigner, judgement: Judgement) =>
    new WindowCounts(assigner, outputMode, watermarkDelay === null ? neverJudged : judgement);
  if (window.type === "point") return make(pointInTime, judgedAtPoint);
  if (window.gapByKey === undefined) return make(assignerOf(run.vector, window), judgedByWindow);
  const gaps = new Map(Object.entries(window.gapByKey).map(([key, gap]) => [key, run.ms(gap)]));
  const gapMsOf = (key: string) => gaps.get(key) ?? gaps.get("*") ?? 0;
  return new SessionCountsByGap([...new Set(gaps.values())], gapMsOf, (assigner) => make(assigner, judgedByWindow));
}

/** Spark drops an event whose own session is closed, before it looks at those that it could join. */
function ownSessionsFirst(run: CaseRun<QueryConfig, unknown>): Operator[] {
  const { gap } = run.config.window;
  return gap === undefined ? [] : [new LateFilter(session(run.ms(gap)), judgedByWindow)];
}

export function countOf(run: CaseRun<unknown, unknown>, { windowStartMs, windowEndMs, keys, values }: Row): Fields {
  return { key: keys["key"], start: run.unit(windowStartMs), end: run.unit(windowEndMs), ...values };
}

export function sumOf(operators: readonly Operator[], counter: keyof Operator["counters"]): number {
  return operators.reduce((sum, { counters }) => sum + counters[counter], 0);
}

/** One source's watermark, if it has one. */
export function watermarkOf(run: CaseRun<unknown, unknown>, delay: number | string | null): SparkWatermark | null {
  if (delay === null) return null;
  const delayMs = typeof delay === "string" ? sparkDurationMs(delay) : run.ms(delay);
  if (delayMs === null) throw new Error(`"${delay}" is no delay`);
  return new SparkWatermark(new Map([["events", delayMs]]));
}

/** The events of a step, each with an id of its own, or the one that `idOf` gives. */
export function itemsOf<E extends SparkEvent>(
  run: CaseRun<unknown, unknown>,
  events: readonly E[] = [],
  idOf: (event: E, at: number) => string = (_, at) => String(at),
): Item[] {
  return events.map((event, at) => ({
    t: run.ms(event.t ?? 0),
    key: event.k ?? "",
    value: 1,
    id: idOf(event, at),
    event: { ...event } as Fields,
  }));
}

export function timesOf(items: readonly Item[]): [string, number][] {
  return items.map(({ t }) => ["events", t]);
}

/** Spark's figures of a batch's event times. */
function figuresOf(run: CaseRun<unknown, unknown>, items: readonly Item[]): Fields {
  const all = combineStatistics(items.map(({ t }) => statisticsOf(t)));
  return all === null ? {} : { max: run.unit(all.max), min: run.unit(all.min), avg: run.unit(all.avg) };
}
