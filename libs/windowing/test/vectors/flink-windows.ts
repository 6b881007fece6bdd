import type { Fields, VectorTime } from "./case.js";
import { type Adapter, adapter, type CaseRun, unknownOperation } from "./case-run.js";
import {
  countOf,
  dueAt,
  fired,
  mergePanes,
  type Pane,
  passTimer,
  sumOf,
  type Trigger,
  triggerByEvent,
} from "./flink-triggers.js";
import { type Row, type RowBounds, rowIdOf, TwinTask } from "./twin-task.js";
import { assignerOf, type WindowConfig } from "./window-config.js";

interface Config {
  readonly window: WindowConfig;
  readonly allowedLateness?: VectorTime;
  readonly fire: "accumulating" | "purging";
  readonly trigger?: { readonly type: string; readonly interval?: number; readonly count?: number };
}

type Step = { readonly expect?: Fields } & (
  | ({ readonly op: "event" } & FlinkEvent)
  | { readonly op: "watermark"; readonly t: VectorTime }
  | { readonly op: "restart" }
);

interface FlinkEvent {
  readonly key: string;
  readonly value: number;
  readonly t: number;
}

// As long as ours can be.
const longestMs = 1e14;

/** Sums of keyed windows. Which windows there are, and what is in them, is ours; Flink's trigger says when they are given out. */
export const keyedWindowSum: Adapter = adapter<Config, Step>((run) => {
  const windows = new FlinkWindows(run);
  for (const [at, step] of run.steps) {
    if (step.op === "event") {
      const emitted: Fields[] = [];
      const late = windows.take(step, emitted) ? [] : [{ key: step.key, value: step.value, t: step.t }];
      run.expect(at, step.expect, { emitted, late, dropped: late.length });
    } else if (step.op === "watermark") {
      run.expect(at, step.expect, { emitted: windows.advance(run.ms(step.t)) });
    } else if (step.op === "restart") {
      windows.restart();
      run.expect(at, step.expect, {});
    } else {
      throw unknownOperation(step);
    }
  }
});

class FlinkWindows {
  readonly #run: CaseRun<Config, Step>;
  readonly #trigger: Trigger;
  readonly #task: TwinTask<FlinkEvent>;
  readonly #panes = new Map<string, Pane>();
  /** W: no more events at or before it come. Ours is one ms later. */
  #watermarkMs = -Infinity;

  constructor(run: CaseRun<Config, Step>) {
    const { window, allowedLateness = 0 } = run.config;
    this.#run = run;
    this.#trigger = triggerOf(run);
    this.#task = new TwinTask<FlinkEvent>({
      time: { field: "t", unit: run.vector.timeUnit },
      watermarkDelayMs: "given",
      allowedLatenessMs: Math.min(run.ms(allowedLateness), longestMs),
      rollups: [
        {
          name: "windows",
          window: assignerOf(run.vector, window),
          keys: ["key"],
          aggregates: { sum: { kind: "sum", field: "value", of: "integer" }, count: { kind: "count" } },
        },
      ],
    });
  }

  /** Whether the event counted. What fires at once is added to `emitted`. */
  take({ key, value, t }: FlinkEvent, emitted: Fields[]): boolean {
    const { verdicts } = this.#task.step([{ key, value, t }]);
    const { changed, retracted } = this.#task.checkpoint();
    for (const row of changed) {
      const before = this.#takePanes(retracted, row);
      const { fires, pane } = triggerByEvent(this.#trigger, before, row, this.#run.ms(t), this.#watermarkMs);
      this.#panes.set(rowIdOf(row), pane);
      if (fires) this.#fire(row, emitted);
    }
    return verdicts[0] === "counted";
  }

  advance(watermarkMs: number): Fields[] {
    const emitted: Fields[] = [];
    if (watermarkMs <= this.#watermarkMs) return emitted;
    for (;;) {
      const [row, timeMs] = this.#nextTimer(watermarkMs);
      if (row === undefined) break;
      this.#panes.set(rowIdOf(row), passTimer(this.#trigger, this.#paneOf(row), row, timeMs));
      this.#fire(row, emitted);
    }
    this.#watermarkMs = watermarkMs;
    this.#task.advance(watermarkMs + 1);
    for (const row of this.#task.checkpoint().closed) this.#panes.delete(rowIdOf(row));
    return emitted;
  }

  restart(): void {
    this.#task.restart();
  }

  #paneOf(row: RowBounds): Pane {
    return this.#panes.get(rowIdOf(row)) ?? mergePanes([]);
  }

  /** A session's pane, with those of the sessions that became it. */
  #takePanes(retracted: readonly RowBounds[], row: Row): Pane {
    const own = this.#panes.get(rowIdOf(row));
    if (retracted.length === 0) return own ?? mergePanes([]);
    const panes = retracted.map((bounds) => this.#paneOf(bounds));
    for (const bounds of retracted) this.#panes.delete(rowIdOf(bounds));
    return mergePanes(panes);
  }

  #nextTimer(watermarkMs: number): [row: Row, timeMs: number] | [undefined, number] {
    let next: [Row, number] | [undefined, number] = [undefined, Infinity];
    for (const row of this.#task.open.values()) {
      const timeMs = dueAt(this.#paneOf(row), row, watermarkMs);
      if (timeMs !== null && timeMs < next[1]) next = [row, timeMs];
    }
    return next;
  }

  #fire(row: Row, emitted: Fields[]): void {
    const run = this.#run;
    const pane = this.#paneOf(row);
    const isPurging = run.config.fire === "purging";
    if (isPurging && countOf(row) === pane.firedCount) return;
    this.#panes.set(rowIdOf(row), fired(pane, row));
    const isGlobal = run.config.window.type === "global";
    emitted.push({
      key: row.keys["key"],
      sum: sumOf(row) - (isPurging ? pane.firedSum : 0),
      start: run.unit(isGlobal ? -Infinity : row.windowStartMs),
      end: run.unit(isGlobal ? Infinity : row.windowEndMs),
    });
  }
}

function triggerOf(run: CaseRun<Config, Step>): Trigger {
  const { type, interval, ...numbers } = run.config.trigger ?? { type: "event-time" };
  if (type === "event-time") return { type };
  if (type === "continuous-event-time" && interval !== undefined) return { type, intervalMs: run.ms(interval) };
  const [count] = Object.values(numbers);
  if (type === "count" && typeof count === "number") return { type, count };
  throw new Error(`unknown trigger ${JSON.stringify(run.config.trigger)}`);
}
