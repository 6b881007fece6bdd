import { inOrder, Mismatch } from "./answers.js";
import { type Adapter, adapter, unknownOperation } from "./case-run.js";
import { type BatchStep, countOf, itemsOf, sumOf, timesOf, watermarkOf } from "./spark-count-kinds.js";
import { type Counters, type Item, MicroBatches, noCounters, type Operator } from "./spark-batches.js";
import { type OutputMode, WindowCounts } from "./spark-counts.js";
import { judgedAtPoint, judgedByWindow, pointInTime } from "./spark-deduplication.js";
import { SparkWatermark } from "./spark-watermark.js";
import { type Row, rowIdOf, TwinTask } from "./twin-task.js";
import { assignerOf, type WindowConfig } from "./window-config.js";

interface ChainConfig {
  readonly windows: readonly WindowConfig[];
  readonly watermarkDelay: number;
  readonly outputMode: OutputMode;
  readonly noDataBatch?: boolean;
}

/** Windows over windows: figures are of one operator after the other. */
export const chainedWindows: Adapter = adapter<ChainConfig, BatchStep>((run) => {
  const { windows, watermarkDelay, outputMode, noDataBatch } = run.config;
  const watermark = watermarkOf(run, watermarkDelay);
  const operators = windows.map(
    (window) => new WindowCounts(assignerOf(run.vector, window), outputMode, judgedByWindow),
  );
  const query = new MicroBatches(operators, watermark, noDataBatch);
  for (const [at, step] of run.steps) {
    query.beginStep();
    const items = itemsOf(run, step.events);
    if (step.op === "batch") query.batch(items, timesOf(items));
    else if (step.op === "restart") query.restart();
    else throw unknownOperation(step.op);
    const given = operators.map((operator) => operator.takeGiven());
    const each = (figure: (operator: WindowCounts) => number) => inOrder(operators.map(figure));
    run.expect(at, step.expect, {
      emitted: given.at(-1)?.map((row) => countOf(run, row)),
      stateRows: each(({ stateRows }) => stateRows),
      updated: each(({ counters }) => counters.updated),
      removed: each(({ counters }) => counters.removed),
      dropped: each(({ counters }) => counters.droppedGroups),
      droppedGroups: each(({ counters }) => counters.droppedGroups),
      droppedRowsDerived: sumOf(operators, "droppedRows"),
      watermarkAfter: watermark && run.unit(watermark.ms),
    });
  }
});

interface JoinConfig {
  readonly join: string;
  readonly watermarkDelays: Readonly<Record<string, number>>;
  readonly window: WindowConfig;
  readonly outputMode: OutputMode;
  readonly noDataBatch?: boolean;
}

interface JoinStep extends BatchStep {
  readonly sources?: Readonly<Record<string, readonly number[]>>;
}

/** Two streams joined on the time of their events: to us, windows of a point in time that count each of both. */
export const joinThenWindowedCount: Adapter = adapter<JoinConfig, JoinStep>((run) => {
  const { join, watermarkDelays, window, outputMode, noDataBatch } = run.config;
  const isByTime = join === "inner on equal event time";
  if (!isByTime && !run.follows("joins-are-by-time-alone")) throw new Mismatch(`no join "${join}"`);
  if (!isByTime) return run.expect(0, { joins: false }, { joins: isByTime });

  const delaysMs = new Map(Object.entries(watermarkDelays).map(([source, delay]) => [source, run.ms(delay)]));
  const watermark = new SparkWatermark(delaysMs);
  const joined = new JoinByTime([...delaysMs.keys()]);
  const counts = new WindowCounts(assignerOf(run.vector, window), outputMode, judgedByWindow);
  const query = new MicroBatches([joined, counts], watermark, noDataBatch);
  for (const [at, step] of run.steps) {
    query.beginStep();
    const items = Object.entries(step.sources ?? {}).flatMap(([source, times]) =>
      times.map((t): Item => ({ t: run.ms(t), key: "", value: 1, id: "", event: { source } })),
    );
    const observed = items.map(({ t, event }) => [String(event["source"]), t] as const);
    if (step.op === "multiBatch") query.batch(items, observed);
    else if (step.op === "restart") query.restart();
    else throw unknownOperation(step.op);
    run.expect(at, step.expect, {
      emitted: counts.takeGiven().map((row) => countOf(run, row)),
      joinState: joined.stateRows,
      aggState: counts.stateRows,
      watermarkAfter: run.unit(watermark.ms),
    });
  }
});

interface Side {
  readonly t: number;
  readonly left: number;
  readonly right: number;
}

/** Each event of the one source with each of the other at the same time; kept until the watermark has reached that. */
class JoinByTime implements Operator {
  readonly counters: Counters = noCounters();
  readonly #left: string;
  readonly #task: TwinTask<Side>;
  /** Per time, how many pairs have been given out. */
  readonly #pairs = new Map<string, number>();

  constructor([left = ""]: readonly string[]) {
    this.#left = left;
    this.#task = new TwinTask<Side>({
      time: { field: "t", unit: "ms" },
      watermarkDelayMs: "given",
      initialWatermarkMs: judgedAtPoint.initialWatermarkMs,
      allowedLatenessMs: 0,
      rollups: [
        {
          name: "times",
          window: pointInTime,
          keys: [],
          aggregates: {
            left: { kind: "sum", field: "left", of: "integer" },
            right: { kind: "sum", field: "right", of: "integer" },
          },
        },
      ],
    });
  }

  get stateRows(): number {
    return [...this.#task.open.values()].reduce((sum, { values }) => {
      return sum + Number(values["left"]) + Number(values["right"]);
    }, 0);
  }

  run(items: readonly Item[], watermarkMs: number): Item[] {
    const sides = items.map(({ t, event }) => {
      const left = event["source"] === this.#left ? 1 : 0;
      return { t, left, right: 1 - left };
    });
    this.counters.droppedRows += this.#task.step(sides).late.length;
    this.#task.advance(watermarkMs + judgedAtPoint.lagMs);
    const { changed, closed } = this.#task.checkpoint();
    const joined = changed.flatMap((row) => this.#newPairs(row));
    for (const row of closed) this.#pairs.delete(rowIdOf(row));
    return joined;
  }

  restart(): void {
    this.#task.restart();
  }

  #newPairs(row: Row): Item[] {
    const before = this.#pairs.get(rowIdOf(row)) ?? 0;
    const now = Number(row.values["left"]) * Number(row.values["right"]);
    this.#pairs.set(rowIdOf(row), now);
    return Array.from({ length: now - before }, () => ({ t: row.windowStartMs, key: "", value: 1, id: "", event: {} }));
  }
}
