import { createTask, createWatermarks, RefusedValueError, type WindowAssigner } from "../../src/index.js";
import { Mismatch } from "./answers.js";
import { type Adapter, adapter, type CaseRun, unknownOperation } from "./case-run.js";
import { sparkDurationMs } from "./spark-durations.js";
import { assignerOf, type WindowConfig } from "./window-config.js";

interface ConfigStep extends WindowConfig {
  readonly op: string;
  /** As Spark writes it, or a number. */
  readonly delay?: string | number;
  readonly grace?: number;
  readonly allowedLateness?: number;
  readonly timeout?: number;
}

/** Each step is a configuration: our own of it is refused when it is made. */
export const invalidConfig: Adapter = adapter<unknown, ConfigStep>((run) => {
  for (const [at, step] of run.steps) {
    if (step.op !== "reject" && step.op !== "accept") throw unknownOperation(step.op);
    const { size = 0, offset = 0 } = step;
    const isFine = run.follows("negative-offsets") && offset < 0 && -offset < size;
    run.expect(at, { refused: step.op === "reject" && !isFine }, { refused: isRefused(() => configure(run, step)) });
  }
});

/** Spark's durations are words; ours are integers of ms, and words are refused. */
export const durationParse: Adapter = adapter<unknown, DurationStep>((run) => {
  for (const [at, step] of run.steps) {
    if (step.op !== "parse" && step.op !== "reject") throw unknownOperation(step);
    const words = step.op === "parse" ? step.in : [step.delay];
    const refused = words.every((text) => isRefused(() => createWatermarks({ delayMs: text as unknown as number })));
    run.expect(at, { refused: step.op === "reject" || run.follows("durations-are-integers") }, { refused });
  }
});

type DurationStep =
  | { readonly op: "parse"; readonly in: readonly string[]; readonly expect: number }
  | { readonly op: "reject"; readonly delay: string };

export function isRefused(make: () => unknown): boolean {
  try {
    make();
    return false;
  } catch (error) {
    if (error instanceof RefusedValueError) return true;
    throw error;
  }
}

function configure(run: CaseRun<unknown, ConfigStep>, step: ConfigStep): void {
  const { delay, timeout, size, gap } = step;
  const latenessMs = step.grace ?? step.allowedLateness ?? 0;
  if (timeout !== undefined) createWatermarks({ delayMs: 0, idleTimeoutMs: run.ms(timeout) });
  const isWindow = size !== undefined || gap !== undefined;
  if (!isWindow && delay === undefined && timeout === undefined) {
    throw new Mismatch(`nothing of ours is configured by ${JSON.stringify(step)}`);
  }
  const asked: WindowAssigner = isWindow ? assignerOf(run.vector, step) : { kind: "tumbling", sizeMs: 1 };
  const window: WindowAssigner = asked.kind === "hopping" ? { ...asked, gaps: false } : asked;
  createTask<{ at: number }>({
    time: { field: "at", unit: "ms" },
    watermarkDelayMs: delay === undefined ? 0 : delayMsOf(run, delay),
    allowedLatenessMs: run.ms(latenessMs),
    rollups: [{ name: "windows", window, keys: [], aggregates: { count: { kind: "count" } } }],
  });
}

/** Words that are no duration stay what they are. */
function delayMsOf(run: CaseRun<unknown, ConfigStep>, delay: string | number): number {
  if (typeof delay === "number") return run.ms(delay);
  return sparkDurationMs(delay) ?? (delay as unknown as number);
}
