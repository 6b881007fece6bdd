import { createWatermarks, type Watermarks } from "../../src/index.js";
import type { Fields, VectorTime } from "./case.js";
import { type Adapter, adapter, unknownOperation } from "./case-run.js";
import { isRefused } from "./refusals.js";

/** Flink's watermark says that no more comes at or before it, ours that no more comes before it. */
const laterMs = 1;

interface OutOfOrderStep {
  readonly op: string;
  readonly t?: readonly number[];
  readonly expect?: Fields;
}

/** The watermark of one source by its delay. */
export const boundedOutOfOrderness: Adapter = adapter<{ delay: number }, OutOfOrderStep>((run) => {
  const watermarks = createWatermarks({ delayMs: run.ms(run.config.delay) });
  for (const [at, step] of run.steps) {
    if (step.op === "events") for (const t of step.t ?? []) watermarks.observe("source", run.ms(t));
    else if (step.op !== "periodic") throw unknownOperation(step.op);
    run.expect(at, step.expect, { watermark: run.unit(watermarks.overallMs - laterMs) });
  }
});

interface IdlenessStep {
  readonly op: string;
  readonly by?: number;
  readonly timeout?: number;
  readonly expect?: Fields;
}

/**
 * Idleness of one source that is fully read. Flink's quiet time begins at the first check that finds nothing new, and must be longer
 * than the timeout: ours begins when the source is told to be active, and is as long.
 */
export const idlenessTimer: Adapter = adapter<{ timeout: number }, IdlenessStep>((run) => {
  let nowMs = 0;
  let isNew = false;
  let isQuiet = false;
  let watermarks: Watermarks | undefined;
  const check = () => {
    watermarks ??= createWatermarks({ delayMs: 0, idleTimeoutMs: run.ms(run.config.timeout) + 1 });
    if (isNew || !isQuiet) watermarks.setActive("source", nowMs);
    isQuiet = !isNew;
    isNew = false;
    watermarks.tick(nowMs, ["source"]);
    return watermarks.isIdle("source");
  };
  for (const [at, { op, by = 0, timeout = 0, expect }] of run.steps) {
    if (op === "check") run.expect(at, expect, { idle: check() });
    else if (op === "activity" || op === "event") isNew = true;
    else if (op === "advance") nowMs += run.ms(by);
    else if (op === "reject") {
      const make = () => createWatermarks({ delayMs: 0, idleTimeoutMs: run.ms(timeout) });
      run.expect(at, { refused: true }, { refused: isRefused(make) });
    } else throw unknownOperation(op);
  }
});

interface AlignmentStep {
  readonly op: string;
  readonly split?: string;
  readonly t: number;
  readonly expect?: Fields;
}

/** Which sources are ahead of what is allowed. Not to read them for a while is up to who reads. */
export const alignmentPause: Adapter = adapter<{ watermarkDelay: number; splits: Fields }, AlignmentStep>((run) => {
  const watermarks = createWatermarks({ delayMs: run.ms(run.config.watermarkDelay) });
  for (const split of Object.keys(run.config.splits)) watermarks.add(split);
  let allowedMs = Infinity;
  for (const [at, { op, split, t, expect }] of run.steps) {
    if (op === "read" && split !== undefined) watermarks.observe(split, run.ms(t));
    else if (op === "maxAllowedWatermark") allowedMs = run.ms(t);
    else throw unknownOperation(op);
    run.expect(at, expect, { paused: watermarks.sources.filter((source) => watermarks.of(source) > allowedMs) });
  }
});

interface CombineConfig {
  readonly outputs: Readonly<Record<string, OutputType>>;
}

type OutputType = "immediate" | "deferred";

interface CombineStep {
  readonly op: string;
  readonly output?: string;
  readonly type?: OutputType;
  readonly t?: VectorTime;
  readonly expect?: Fields;
}

/**
 * Flink's multiplexer of a source's partitions. What comes of a deferred output is seen when something comes of an immediate one,
 * or at the next `periodic`; so is a removal.
 */
export const watermarkCombine: Adapter = adapter<CombineConfig, CombineStep>((run) => {
  const watermarks = createWatermarks({ delayMs: "given", whenAllIdle: "highest-watermark" });
  const types = new Map(Object.entries(run.config.outputs));
  const waiting = new Waiting(watermarks);
  for (const output of types.keys()) watermarks.add(output);
  let idle = false;
  for (const [at, { op, output = "", type = "immediate", t, expect }] of run.steps) {
    let isSeen = types.get(output) === "immediate";
    if (op === "watermark" && t !== undefined) {
      isSeen &&= run.ms(t) > waiting.of(output);
      waiting.advance(output, run.ms(t));
    } else if (op === "idle") waiting.setIdle(output);
    else if (op === "active") waiting.setActive(output);
    else if (/^(add|new|register)/.test(op)) {
      types.set(output, type);
      watermarks.add(output);
    } else if (/^(remove|unregister)/.test(op)) {
      isSeen = false;
      waiting.remove(output);
    } else if (op === "periodic") isSeen = true;
    else throw unknownOperation(op);
    if (isSeen) {
      waiting.apply();
      idle = watermarks.allIdle;
    }
    const watermark = run.unit(waiting.seenMs);
    run.expect(at, expect, { watermark: watermark === "MIN" ? null : watermark, idle });
  }
});

/** What has come of outputs, and has not been seen. */
class Waiting {
  seenMs = -Infinity;
  readonly #watermarks: Watermarks;
  readonly #advanced = new Map<string, number>();
  readonly #idle = new Map<string, boolean>();
  readonly #removed = new Set<string>();

  constructor(watermarks: Watermarks) {
    this.#watermarks = watermarks;
  }

  of(output: string): number {
    return Math.max(this.#advanced.get(output) ?? -Infinity, this.#watermarks.of(output));
  }

  advance(output: string, watermarkMs: number): void {
    this.#advanced.set(output, Math.max(this.of(output), watermarkMs));
    this.#idle.set(output, false);
  }

  setIdle(output: string): void {
    this.#idle.set(output, true);
  }

  setActive(output: string): void {
    this.#idle.set(output, false);
  }

  remove(output: string): void {
    this.#removed.add(output);
  }

  /** Lets the lib see all of it at once: first what holds the overall watermark, then what lets it go. */
  apply(): void {
    const watermarks = this.#watermarks;
    for (const [output, idle] of this.#idle) if (!idle) watermarks.setActive(output);
    const byTime = [...this.#advanced].sort(([, a], [, b]) => a - b);
    for (const [output, timeMs] of byTime) watermarks.advance(output, timeMs);
    for (const [output, idle] of this.#idle) if (idle) watermarks.setIdle(output);
    for (const output of this.#removed) watermarks.remove(output);
    for (const pending of [this.#advanced, this.#idle, this.#removed]) pending.clear();
    this.seenMs = watermarks.overallMs;
  }
}
