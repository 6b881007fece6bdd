import { session, tumbling, type WindowAssigner } from "../../src/index.js";
import { countDropped, type Counters, type Item, type Judgement, noCounters, type Operator } from "./spark-batches.js";
import { TwinTask } from "./twin-task.js";

/** Lets pass what is not late by windows of its own, and merges none of them: that of an event is known by its id. */
export class LateFilter implements Operator {
  readonly counters: Counters = noCounters();
  readonly stateRows = 0;
  readonly #window: WindowAssigner;
  readonly #judgement: Judgement;
  readonly #task: TwinTask<Item>;

  constructor(window: WindowAssigner, judgement: Judgement) {
    this.#window = window;
    this.#judgement = judgement;
    this.#task = judgedById(window, judgement);
  }

  run(items: readonly Item[], watermarkMs: number): Item[] {
    const result = this.#task.step(items);
    countDropped(this.counters, this.#window, items, result);
    this.#task.advance(watermarkMs + this.#judgement.lagMs);
    this.#task.checkpoint();
    return items.filter((_, at) => result.verdicts[at] === "counted");
  }

  restart(): void {
    this.#task.restart();
  }
}

/** Lets pass the first of each id; what it counts keeps an id until its window closes. */
export class Deduplication implements Operator {
  readonly counters: Counters = noCounters();
  /** What has passed. */
  passed: Item[] = [];
  readonly #judgement: Judgement;
  readonly #task: TwinTask<Item>;

  constructor(window: WindowAssigner, judgement: Judgement) {
    this.#judgement = judgement;
    this.#task = judgedById(window, judgement, "id");
  }

  get stateRows(): number {
    return this.#task.open.size;
  }

  run(items: readonly Item[], watermarkMs: number): Item[] {
    const { verdicts } = this.#task.step(items);
    const passed = items.filter((_, at) => verdicts[at] === "counted");
    this.#task.advance(watermarkMs + this.#judgement.lagMs);
    this.counters.duplicates += verdicts.filter((verdict) => verdict === "duplicate").length;
    this.counters.droppedRows += verdicts.filter((verdict) => verdict === "late").length;
    const { changed, closed } = this.#task.checkpoint();
    this.counters.updated += changed.length;
    this.counters.removed += closed.length;
    this.passed.push(...passed);
    return passed;
  }

  restart(): void {
    this.#task.restart();
  }
}

function judgedById(window: WindowAssigner, { initialWatermarkMs }: Judgement, id?: "id"): TwinTask<Item> {
  return new TwinTask<Item>({
    ...(id && { id }),
    time: { field: "t", unit: "ms" },
    watermarkDelayMs: "given",
    initialWatermarkMs,
    allowedLatenessMs: 0,
    rollups: [{ name: "ids", window, keys: ["id"], aggregates: { count: { kind: "count" } } }],
  });
}

/** An event's time alone, as a window. */
export const pointInTime: WindowAssigner = tumbling(1);

/** Spark closes a point in time at the time itself, ours a ms later. */
export const judgedAtPoint: Judgement = { initialWatermarkMs: 1, lagMs: 1 };

export const judgedByWindow: Judgement = { initialWatermarkMs: 0, lagMs: 0 };

/** Never late, never forgotten. */
export const neverJudged: Judgement = { initialWatermarkMs: -Infinity, lagMs: -Infinity };

/** Keeps an id for as long as the watermark's delay after its first event; what is late goes by its own time. */
export function deduplicateWithin(delayMs: number): [LateFilter, Deduplication] {
  const kept: [WindowAssigner, Judgement] =
    delayMs > 0 ? [session(delayMs), judgedByWindow] : [pointInTime, judgedAtPoint];
  return [new LateFilter(pointInTime, judgedAtPoint), new Deduplication(...kept)];
}
