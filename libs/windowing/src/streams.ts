import type { Window } from "./assigners.js";
import type { TaskDefinition } from "./definition.js";
import { refuseSnapshot } from "./errors.js";
import type { Explanation } from "./explain.js";
import { addLedgers, createLedger, type Ledger } from "./ledger.js";
import type { SavedPart, SourceCheckpoint } from "./operator.js";
import { checkState, timeFromJson } from "./snapshot.js";
import { type Checkpoint, createTask, JudgedStream, type StepResult, type Task } from "./task.js";
import { type Clock, NO_EVENT_YET } from "./watermark.js";
import type { Watermarks } from "./watermarks.js";

/** The judged streams of an operator: one per source, or one for all. */
export interface Streams<E> {
  events(source: string, events: readonly (E | null)[], arrivalsMs?: ArrayLike<number>, nowMs?: number): StepResult;
  watermark(source: string, watermarkMs: number): void;
  remove(source: string): void;
  end(): void;
  /** Judged streams that are gone after it add their ledgers to what is returned. */
  checkpoint(): { readonly parts: SourceCheckpoint<TaskDefinition<never>>[]; readonly gone: Ledger };
  ledger(): Ledger;
  snapshot(): SavedPart[];
  explain(window?: Window): Explanation;
}

export class SeparateStreams<E> implements Streams<E> {
  readonly #definition: TaskDefinition<E>;
  readonly #watermarks: Watermarks;
  readonly #tasks = new Map<string, Task<TaskDefinition<E>>>();
  #removed: [source: string, task: Task<TaskDefinition<E>>][] = [];

  constructor(definition: TaskDefinition<E>, watermarks: Watermarks, parts: readonly SavedPart[]) {
    this.#definition = definition;
    this.#watermarks = watermarks;
    for (const { source, removed, task } of parts) {
      if (typeof source !== "string" || (!removed && this.#tasks.has(source))) {
        throw refuseSnapshot("parts' source", source, "a string, each once");
      }
      const restored = createTask<E>(definition, task);
      if (removed) this.#removed.push([source, restored]);
      else this.#tasks.set(source, restored);
    }
  }

  events(source: string, events: readonly (E | null)[], arrivalsMs?: ArrayLike<number>, nowMs?: number): StepResult {
    const task = this.#taskOf(source);
    const result = task.step(events as never[], arrivalsMs);
    this.#watermarks.observe(source, task.maxEventTimeMs, nowMs);
    return result;
  }

  watermark(source: string, watermarkMs: number): void {
    this.#taskOf(source).advance(watermarkMs);
  }

  remove(source: string): void {
    const task = this.#tasks.get(source);
    if (task === undefined) return;
    this.#tasks.delete(source);
    this.#removed.push([source, task]);
  }

  end(): void {
    // Not those of sources that were removed: what was open of them is somebody else's.
    for (const task of this.#tasks.values()) task.advance(Infinity);
  }

  checkpoint(): { parts: SourceCheckpoint<TaskDefinition<never>>[]; gone: Ledger } {
    const all = [...this.#removed, ...this.#tasks];
    const parts = all.map(([source, task]) => ({ source, ...(task.checkpoint() as unknown as Checkpoint) }));
    const gone = this.#removed.reduce((sum, [, task]) => addLedgers(sum, task.ledger), createLedger());
    this.#removed = [];
    return { parts, gone };
  }

  ledger(): Ledger {
    return [...this.#removed, ...this.#tasks].reduce((sum, [, task]) => addLedgers(sum, task.ledger), createLedger());
  }

  snapshot(): SavedPart[] {
    return [
      ...this.#removed.map(([source, task]) => ({ source, removed: true, task: task.snapshot() })),
      ...[...this.#tasks].map(([source, task]) => ({ source, removed: false, task: task.snapshot() })),
    ];
  }

  /** Of the source whose watermark is the least, since that is what a window waits for. */
  explain(window?: Window): Explanation {
    const tasks = [...this.#removed.map(([, task]) => task), ...this.#tasks.values()];
    const task = this.#tasks.get(this.#watermarks.heldBy ?? "") ?? tasks.at(-1) ?? createTask<E>(this.#definition);
    const held = tasks.map((each) => each.held());
    const explanation = task.explain(window);
    const rows = tasks.reduce((total, each) => total + (each.explain(window).window?.rows ?? 0), 0);
    const sum = (figure: "rows" | "keys" | "ids" | "bytes") => held.reduce((total, each) => total + each[figure], 0);
    return {
      ...explanation,
      window: explanation.window && { ...explanation.window, rows },
      held: { rows: sum("rows"), keys: sum("keys"), ids: sum("ids"), bytes: sum("bytes") },
    };
  }

  #taskOf(source: string): Task<TaskDefinition<E>> {
    let task = this.#tasks.get(source);
    if (task === undefined) {
      task = createTask<E>(this.#definition);
      // After the end, and before any event, its watermark is what the others are told that it is.
      task.advance(this.#watermarks.of(source));
      this.#tasks.set(source, task);
    }
    return task;
  }
}

/** Moves a source's watermark, and stands at the overall one. */
class OverallClock implements Clock {
  maxEventTimeMs: number;
  source = "";
  nowMs: number | undefined;
  readonly #watermarks: Watermarks;

  constructor(watermarks: Watermarks, maxEventTimeMs: number) {
    this.#watermarks = watermarks;
    this.maxEventTimeMs = maxEventTimeMs;
  }

  get watermarkMs(): number {
    return this.#watermarks.overallMs;
  }

  observe(timeMs: number): void {
    if (timeMs > this.maxEventTimeMs) this.maxEventTimeMs = timeMs;
    this.#watermarks.observe(this.source, timeMs, this.nowMs);
  }
}

export class SharedStream<E> implements Streams<E> {
  readonly #clock: OverallClock;
  readonly #stream: JudgedStream<E>;

  constructor(definition: TaskDefinition<E>, watermarks: Watermarks, parts: readonly SavedPart[]) {
    const [part, ...others] = parts;
    if (part !== undefined) {
      if (part.source !== null || others.length > 0) throw refuseSnapshot("parts", parts, "one of all sources");
      checkState(part.task, definition);
    }
    const maxEventTimeMs = part === undefined ? NO_EVENT_YET : timeFromJson(part.task.maxEventTimeMs);
    this.#clock = new OverallClock(watermarks, maxEventTimeMs);
    this.#stream = new JudgedStream(definition, this.#clock, part?.task);
  }

  events(source: string, events: readonly (E | null)[], arrivalsMs?: ArrayLike<number>, nowMs?: number): StepResult {
    this.#clock.source = source;
    this.#clock.nowMs = nowMs;
    return this.#stream.step(events, arrivalsMs);
  }

  watermark(): void {}

  remove(): void {}

  end(): void {}

  checkpoint(): { parts: SourceCheckpoint<TaskDefinition<never>>[]; gone: Ledger } {
    return { parts: [{ source: null, ...this.#stream.checkpoint() }], gone: createLedger() };
  }

  ledger(): Ledger {
    return this.#stream.ledger;
  }

  snapshot(): SavedPart[] {
    return [{ source: null, removed: false, task: this.#stream.snapshot() }];
  }

  explain(window?: Window): Explanation {
    return this.#stream.explain(window);
  }
}
