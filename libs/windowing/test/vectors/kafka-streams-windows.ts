import { assignWindows, checkAssigner, custom, type Window, type WindowAssigner } from "../../src/index.js";
import { inOrder, Mismatch } from "./answers.js";
import type { Fields } from "./case.js";
import { type Adapter, adapter, type CaseRun, unknownOperation } from "./case-run.js";
import { isRefused } from "./refusals.js";
import { isThere, pair } from "./shared-kinds.js";
import { combineStatistics, type Statistics, statisticsOf } from "./spark-statistics.js";
import { type Row, TwinTask } from "./twin-task.js";
import { assignerOf, type WindowConfig } from "./window-config.js";

interface Config {
  readonly window: WindowConfig & { readonly minStart?: number };
  readonly grace: number;
  readonly emit?: "update" | "close";
  readonly emitIntervalMs?: number;
}

interface Step {
  readonly op: string;
  readonly key: string | null;
  readonly value?: unknown;
  readonly t: number;
  /** The wall clock. */
  readonly clock?: number;
  readonly expect?: Fields;
}

interface KeyedEvent {
  readonly t: number;
  readonly key: string | null;
  readonly value: unknown;
}

const values = custom<KeyedEvent>()({
  create: (): unknown[] => [],
  add: (list, { value }) => [...list, value],
  merge: (left, right) => [...left, ...right],
  result: (list) => inOrder(list),
});

/** Windows by stream time less grace: our watermark with that delay. A row's time is its greatest event time. */
class StreamTimeWindows {
  droppedTotal = 0;
  readonly #run: CaseRun<Config, Step>;
  readonly #task: TwinTask<KeyedEvent>;
  readonly #lateness: Statistics[] = [];

  constructor(run: CaseRun<Config, Step>) {
    const { window, grace } = run.config;
    this.#run = run;
    this.#task = new TwinTask<KeyedEvent>({
      time: { field: "t", unit: run.vector.timeUnit },
      watermarkDelayMs: run.ms(grace),
      allowedLatenessMs: 0,
      rollups: [
        {
          name: "windows",
          window: assignerOf(run.vector, window),
          keys: ["key"],
          aggregates: { count: { kind: "count" }, values, t: { kind: "max", field: "t" } },
        },
      ],
    });
  }

  take({ key, t, value }: Step) {
    const { late, partlyLate, rejected } = this.#task.step([{ t, key, value }]);
    const assigner = assignerOf(this.#run.vector, this.#run.config.window);
    const missed = late.length > 0 ? assignWindows(assigner, this.#run.ms(t)) : (partlyLate[0]?.missed ?? []);
    const { changed, closed } = this.#task.checkpoint();
    const dropped = missed.filter(({ startMs }) => this.#isThere(startMs));
    this.droppedTotal += dropped.length + rejected.length;
    if (rejected.length === 0) {
      this.#lateness.push(statisticsOf(Number(this.#run.unit(this.#task.maxEventTimeMs - this.#run.ms(t)))));
    }
    return { changed: this.#rowsOf(changed), closed: this.#rowsOf(closed), dropped: this.#pairsOf(dropped) };
  }

  restart(): void {
    this.#task.restart();
  }

  get lateness(): Statistics | null {
    return combineStatistics(this.#lateness);
  }

  #isThere(startMs: number): boolean {
    const { minStart } = this.#run.config.window;
    return isThere(this.#run, minStart, startMs);
  }

  #rowsOf(rows: readonly Row[]): Fields[] {
    return rows
      .filter(({ windowStartMs }) => this.#isThere(windowStartMs))
      .map((row) => ({
        key: row.keys["key"],
        start: this.#run.unit(row.windowStartMs),
        end: this.#run.unit(row.windowEndMs),
        ...row.values,
      }));
  }

  #pairsOf(windows: readonly Window[]) {
    return windows.map((window) => pair(this.#run, window));
  }
}

/** The values of each window, at each event or once when it has closed; in the latter case at most once in an interval of the wall clock. */
export const keyedWindowList: Adapter = adapter<Config, Step>((run) => {
  if (run.config.window.type === "sliding") return showSlidingIsRefused(run);
  const { emit = "update", emitIntervalMs = 0 } = run.config;
  const windows = new StreamTimeWindows(run);
  let nextEmit = -Infinity;
  let waiting: Fields[] = [];
  for (const [at, step] of run.steps) {
    let emitted: Fields[] = [];
    let droppedWindows: unknown[] = [];
    if (step.op === "event") {
      const { changed, closed, dropped } = windows.take(step);
      droppedWindows = dropped;
      waiting.push(...(emit === "close" ? closed : changed));
      const { clock = 0 } = step;
      if (emit === "update" || clock >= nextEmit) {
        nextEmit = clock + emitIntervalMs;
        emitted = waiting;
        waiting = [];
      }
    } else if (step.op === "restart") windows.restart();
    else if (step.op !== "end") throw unknownOperation(step.op);
    const { droppedTotal, lateness } = windows;
    const latenessFigures = { latenessMax: lateness?.max, latenessAvg: lateness?.avg };
    run.expect(at, step.expect, { emitted: inOrder(emitted), droppedWindows, droppedTotal, ...latenessFigures });
  }
});

/** The number of events in each window, as it grows, and once when it has closed. */
export const windowCountSuppress: Adapter = adapter<Config, Step>((run) => {
  if (run.config.window.type === "sliding") return showSlidingIsRefused(run);
  const windows = new StreamTimeWindows(run);
  for (const [at, step] of run.steps) {
    if (step.op === "restart") windows.restart();
    else if (step.op !== "event") throw unknownOperation(step.op);
    const { changed, closed, dropped } =
      step.op === "event" ? windows.take(step) : { changed: [], closed: [], dropped: [] };
    const { droppedTotal } = windows;
    const rows = { updates: inOrder(changed), finals: inOrder(closed) };
    run.expect(at, step.expect, { ...rows, droppedWindows: dropped, dropped: dropped.length > 0, droppedTotal });
  }
});

/** Windows that begin and end with each event are none of ours. */
function showSlidingIsRefused(run: CaseRun<Config, Step>): void {
  if (!run.follows("windows-lie-on-a-grid")) throw new Mismatch("no windows that begin and end with each event");
  const sliding = { ...run.config.window, kind: "sliding" } as unknown as WindowAssigner;
  run.expect(0, { refused: true }, { refused: isRefused(() => checkAssigner("window", sliding)) });
}

/** Keys are strings: an event without one does not count. */
export const nullKey: Adapter = adapter<unknown, Step>((run) => {
  const config: Config = { window: { size: 1 }, grace: 0 };
  const windows = new StreamTimeWindows(run.with(config));
  for (const [at, step] of run.steps) {
    if (step.op !== "event") throw unknownOperation(step.op);
    const { changed } = windows.take(step);
    run.expect(at, step.expect, { dropped: changed.length === 0, droppedTotal: windows.droppedTotal });
  }
});
