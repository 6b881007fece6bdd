import { createWatermarks, type Watermarks, type WatermarksSnapshot } from "../../src/index.js";
import { type Adapter, adapter, unknownOperation } from "./case-run.js";

export type WatermarkPolicy = "min" | "max";

/**
 * Spark's watermark of a query: each source has one of its own, and at the end of a batch they are brought together. It begins at 0.
 * The policy `max` sees all sources as one.
 */
export class SparkWatermark {
  readonly #delaysMs: ReadonlyMap<string, number>;
  readonly #policy: WatermarkPolicy;
  #sources: Map<string, Watermarks>;
  #overall: Watermarks;

  constructor(delaysMs: ReadonlyMap<string, number>, policy: WatermarkPolicy = "min") {
    this.#delaysMs = delaysMs;
    this.#policy = policy;
    this.#sources = this.#makeSources();
    this.#overall = this.#makeOverall(0);
  }

  get ms(): number {
    return this.#overall.overallMs;
  }

  observe(source: string, timeMs: number): void {
    const own = this.#sources.get(source);
    if (own === undefined) throw new Error(`no source ${source}`);
    own.observe(source, timeMs);
  }

  endBatch(): number {
    for (const [source, own] of this.#sources) {
      if (own.overallMs > -Infinity) this.#overall.advance(this.#policy === "max" ? "all" : source, own.overallMs);
    }
    return this.ms;
  }

  /** Spark keeps what was brought together alone. */
  restart({ keepSources }: { readonly keepSources: boolean }): void {
    const snapshots = new Map([...this.#sources].map(([source, own]) => [source, throughJson(own)]));
    const overall = throughJson(this.#overall);
    this.#sources = this.#makeSources(keepSources ? snapshots : undefined);
    this.#overall = keepSources ? this.#makeOverall(0, overall) : this.#makeOverall(this.ms);
  }

  #makeSources(from?: ReadonlyMap<string, WatermarksSnapshot>): Map<string, Watermarks> {
    return new Map(
      [...this.#delaysMs].map(([source, delayMs]) => [source, createWatermarks({ delayMs }, from?.get(source))]),
    );
  }

  #makeOverall(initialWatermarkMs: number, from?: WatermarksSnapshot): Watermarks {
    const overall = createWatermarks({ delayMs: "given", initialWatermarkMs }, from);
    for (const source of this.#policy === "max" ? ["all"] : this.#delaysMs.keys()) overall.add(source);
    return overall;
  }
}

function throughJson(watermarks: Watermarks): WatermarksSnapshot {
  return JSON.parse(JSON.stringify(watermarks.snapshot())) as WatermarksSnapshot;
}

/** The watermarks of several sources. `tickAfterEachStep`: events that make a batch of their own. */
export const watermarkMerge: Adapter = adapter<MergeConfig, MergeStep>((run) => {
  const { policy, delays, tickAfterEachStep = {} } = run.config;
  const delaysMs = new Map(Object.entries(delays).map(([source, delay]) => [source, run.ms(delay)]));
  const watermark = new SparkWatermark(delaysMs, policy);
  const batch = (sources: SourceTimes) => {
    for (const [source, times] of Object.entries(sources)) {
      for (const t of times) watermark.observe(source, run.ms(t));
    }
    watermark.endBatch();
  };
  for (const [at, step] of run.steps) {
    switch (step.op) {
      case "multiBatch":
        batch(step.sources ?? {});
        batch(tickAfterEachStep);
        break;
      case "restart":
        watermark.restart({ keepSources: !run.follows("restarts-keep-every-source") });
        break;
      default:
        throw unknownOperation(step.op);
    }
    run.expect(at, step.expect, { globalWatermark: run.unit(watermark.ms) });
  }
});

type SourceTimes = Readonly<Record<string, readonly number[]>>;

interface MergeConfig {
  readonly policy: WatermarkPolicy;
  readonly delays: Readonly<Record<string, number>>;
  readonly tickAfterEachStep?: SourceTimes;
}

interface MergeStep {
  readonly op: string;
  readonly sources?: SourceTimes;
  readonly expect?: Readonly<Record<string, unknown>>;
}
