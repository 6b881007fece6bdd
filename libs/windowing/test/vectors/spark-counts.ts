import { session, type WindowAssigner } from "../../src/index.js";
import { countDropped, type Counters, type Item, type Judgement, noCounters, type Operator } from "./spark-batches.js";
import { type Row, TwinTask } from "./twin-task.js";

export type OutputMode = "append" | "update" | "complete";

/** What counts events in windows. */
export interface CountOperator extends Operator {
  /** Takes what was given out since the last call. */
  takeGiven(): Row[];
  /** All rows that are held. */
  readonly table: readonly Row[];
}

/** Windows whose events are counted and summed, in one of Spark's output modes. */
export class WindowCounts implements CountOperator {
  readonly counters: Counters = noCounters();
  readonly #window: WindowAssigner;
  readonly #mode: OutputMode;
  readonly #judgement: Judgement;
  readonly #task: TwinTask<Item>;
  #given: Row[] = [];

  constructor(window: WindowAssigner, mode: OutputMode, judgement: Judgement) {
    this.#window = window;
    this.#mode = mode;
    this.#judgement = judgement;
    this.#task = new TwinTask<Item>({
      time: { field: "t", unit: "ms" },
      watermarkDelayMs: "given",
      // Complete mode closes nothing, and nothing is late in it.
      initialWatermarkMs: mode === "complete" ? -Infinity : judgement.initialWatermarkMs,
      allowedLatenessMs: 0,
      rollups: [
        {
          name: "windows",
          window,
          keys: ["key"],
          aggregates: { count: { kind: "count" }, sum: { kind: "sum", field: "value", of: "integer" } },
        },
      ],
    });
  }

  get stateRows(): number {
    return this.#task.open.size;
  }

  get table(): readonly Row[] {
    return [...this.#task.open.values()];
  }

  takeGiven(): Row[] {
    return this.#given.splice(0);
  }

  run(items: readonly Item[], watermarkMs: number): Item[] {
    countDropped(this.counters, this.#window, items, this.#task.step(items));
    if (this.#mode !== "complete") this.#task.advance(watermarkMs + this.#judgement.lagMs);
    const { changed, closed } = this.#task.checkpoint();
    this.counters.updated += changed.length;
    this.counters.removed += closed.length;
    const given = this.#mode === "append" ? closed : changed;
    this.#given.push(...given);
    return given.map(itemOf);
  }

  restart(): void {
    this.#task.restart();
  }
}

/** For the next operator the time of a window is the last one in it. */
function itemOf({ windowEndMs, keys, values }: Row): Item {
  return { t: windowEndMs - 1, key: keys["key"] ?? "", value: Number(values["sum"]), id: "", event: {} };
}

/** Sessions whose gap goes by the key: operators side by side, one for each gap. Without a gap there is no session. */
export class SessionCountsByGap implements CountOperator {
  readonly counters: Counters = noCounters();
  readonly #gapMsOf: (key: string) => number;
  readonly #operators: ReadonlyMap<number, CountOperator>;

  constructor(
    gapsMs: readonly number[],
    gapMsOf: (key: string) => number,
    make: (window: WindowAssigner) => CountOperator,
  ) {
    this.#gapMsOf = gapMsOf;
    const positive = gapsMs.filter((gapMs) => gapMs > 0);
    this.#operators = new Map(positive.map((gapMs) => [gapMs, make(session(gapMs))]));
  }

  get stateRows(): number {
    return this.table.length;
  }

  get table(): readonly Row[] {
    return [...this.#operators.values()].flatMap(({ table }) => table);
  }

  takeGiven(): Row[] {
    return [...this.#operators.values()].flatMap((operator) => operator.takeGiven());
  }

  run(items: readonly Item[], watermarkMs: number): Item[] {
    const passed: Item[] = [];
    for (const [gapMs, operator] of this.#operators) {
      const own = items.filter(({ key }) => this.#gapMsOf(key) === gapMs);
      passed.push(...operator.run(own, watermarkMs));
      for (const name of Object.keys(this.counters) as (keyof Counters)[]) {
        this.counters[name] += operator.counters[name];
        operator.counters[name] = 0;
      }
    }
    return passed;
  }

  restart(): void {
    for (const operator of this.#operators.values()) operator.restart();
  }
}
