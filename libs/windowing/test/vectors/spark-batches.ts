import { assignWindows, type StepResult, type WindowAssigner } from "../../src/index.js";
import type { Fields } from "./case.js";
import type { SparkWatermark } from "./spark-watermark.js";

/** A row of Spark's on its way through a query. */
export interface Item {
  readonly t: number;
  readonly key: string;
  /** What is summed: of an event 1, of a window's row its sum. */
  readonly value: number;
  /** What it is deduplicated by. */
  readonly id: string;
  /** As the case has it; empty where it is no event. */
  readonly event: Fields;
}

/** An operator's counters since the step began. */
export interface Counters {
  updated: number;
  removed: number;
  duplicates: number;
  droppedRows: number;
  /** Spark adds up rows of one key and window before it drops them, and counts what comes of it. */
  droppedGroups: number;
}

/** A stateful operator of a query. */
export interface Operator {
  readonly counters: Counters;
  readonly stateRows: number;
  /** One micro-batch: judges and takes the rows, then closes what the watermark closes. Gives what goes to the next operator. */
  run(items: readonly Item[], watermarkMs: number): readonly Item[];
  restart(): void;
}

/** What watermark operators stand at: Spark's begins at 0; and one of its windows of a point in time ends a ms before ours. */
export interface Judgement {
  readonly initialWatermarkMs: number;
  readonly lagMs: number;
}

/** A query: operators in a row that share a watermark, and its micro-batches. */
export class MicroBatches {
  readonly #operators: readonly Operator[];
  readonly #watermark: SparkWatermark | null;
  readonly #noDataBatch: boolean;

  constructor(operators: readonly Operator[], watermark: SparkWatermark | null, noDataBatch = true) {
    this.#operators = operators;
    this.#watermark = watermark;
    this.#noDataBatch = noDataBatch;
  }

  /**
   * Late is what the watermark of the batch before closed. Then the one that stood when this batch began closes, and with
   * no-data batches at once the one that it leads to.
   */
  batch(items: readonly Item[], observed: readonly (readonly [source: string, timeMs: number])[]): void {
    const watermarkMs = this.#watermark?.ms ?? -Infinity;
    this.#run(items, watermarkMs);
    if (this.#watermark === null) return;
    for (const [source, timeMs] of observed) this.#watermark.observe(source, timeMs);
    const nextMs = this.#watermark.endBatch();
    if (this.#noDataBatch && nextMs > watermarkMs) this.#run([], nextMs);
  }

  beginStep(): void {
    for (const { counters } of this.#operators) Object.assign(counters, noCounters());
  }

  restart(): void {
    this.#watermark?.restart({ keepSources: true });
    for (const operator of this.#operators) operator.restart();
  }

  #run(items: readonly Item[], watermarkMs: number): void {
    let passed = items;
    for (const operator of this.#operators) passed = operator.run(passed, watermarkMs);
  }
}

export function noCounters(): Counters {
  return { updated: 0, removed: 0, duplicates: 0, droppedRows: 0, droppedGroups: 0 };
}

/** Counts what was late, wholly or for some of its windows. */
export function countDropped(
  counters: Counters,
  window: WindowAssigner,
  items: readonly Item[],
  { late, partlyLate }: StepResult,
): void {
  const groups = new Set<string>();
  const drop = (index: number, missed?: readonly { readonly startMs: number }[]) => {
    const { t, key } = items[index] as Item;
    for (const { startMs } of missed ?? assignWindows(window, t)) groups.add(JSON.stringify([key, startMs]));
  };
  for (const { index } of late) drop(index);
  for (const { index, missed } of partlyLate) drop(index, missed);
  counters.droppedRows += late.length;
  counters.droppedGroups += groups.size;
}
