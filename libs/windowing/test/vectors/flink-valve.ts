import { createWatermarks, type Watermarks } from "../../src/index.js";
import { inOrder } from "./answers.js";
import type { VectorTime } from "./case.js";
import { type Adapter, adapter, type CaseRun, unknownOperation } from "./case-run.js";

interface Config {
  readonly inputs: number;
}

interface Step {
  readonly op: string;
  readonly input: number;
  readonly t?: VectorTime;
  /** What comes out: watermarks, `idle` and `active`. */
  readonly expect: readonly VectorTime[];
}

/** Flink's valve over several inputs: the overall watermark of as many sources. What comes of an idle input it passes over. */
export const watermarkValve: Adapter = adapter<Config, Step>((run) => {
  const valve = run.follows("returning-sources-hold")
    ? new AligningValve(run.config.inputs)
    : new Valve(run.config.inputs);
  for (const [at, step] of run.steps) run.expect(at, { out: step.expect }, { out: inOrder(output(run, valve, step)) });
});

function output(run: CaseRun<Config, Step>, valve: Valve, { op, input, t }: Step): VectorTime[] {
  const [watermarkMs, idle] = [valve.watermarkMs, valve.isIdle];
  if (op === "watermark" && t !== undefined) valve.advance(input, run.ms(t));
  else if (op === "idle") valve.setIdle(input);
  else if (op === "active") valve.setActive(input);
  else throw unknownOperation(op);
  const out: VectorTime[] = [];
  if (valve.watermarkMs > watermarkMs) out.push(run.unit(valve.watermarkMs));
  if (valve.isIdle !== idle) out.push(valve.isIdle ? "idle" : "active");
  return out;
}

class Valve {
  protected readonly watermarks: Watermarks = createWatermarks({ delayMs: "given", whenAllIdle: "highest-watermark" });
  protected readonly idle = new Set<number>();
  protected readonly inputs: readonly number[];

  constructor(inputs: number) {
    this.inputs = Array.from({ length: inputs }, (_, input) => input);
    for (const input of this.inputs) this.watermarks.add(String(input));
  }

  get watermarkMs(): number {
    return this.watermarks.overallMs;
  }

  get isIdle(): boolean {
    return this.idle.size === this.inputs.length;
  }

  advance(input: number, watermarkMs: number): void {
    if (!this.idle.has(input)) this.watermarks.advance(String(input), watermarkMs);
  }

  setIdle(input: number): void {
    this.idle.add(input);
    this.watermarks.setIdle(String(input));
  }

  setActive(input: number): void {
    this.idle.delete(input);
    this.watermarks.setActive(String(input));
  }
}

const standIn = "stand-in";

/**
 * An input that is back, and behind, is to us idle until it has caught up, so that it does not hold the others. Where active inputs are
 * all behind, and where the last to go idle was behind, nothing moves on: then a source that has no watermark stands in.
 */
class AligningValve extends Valve {
  readonly #behind = new Set<number>();

  override advance(input: number, watermarkMs: number): void {
    if (this.#behind.has(input) && watermarkMs < this.watermarkMs) return;
    this.#behind.delete(input);
    super.advance(input, watermarkMs);
    this.#dismissStandIn();
  }

  override setIdle(input: number): void {
    const isBehind = this.watermarks.of(String(input)) < this.watermarkMs;
    this.idle.add(input);
    this.#behind.delete(input);
    if (!this.#anyAligned && (!this.isIdle || isBehind)) this.watermarks.add(standIn);
    super.setIdle(input);
  }

  override setActive(input: number): void {
    if (!this.idle.delete(input)) return;
    if (this.watermarks.of(String(input)) >= this.watermarkMs) super.setActive(input);
    else this.#behind.add(input);
    if (!this.#anyAligned) this.watermarks.add(standIn);
    this.#dismissStandIn();
  }

  get #anyAligned(): boolean {
    return this.inputs.some((input) => !this.idle.has(input) && !this.#behind.has(input));
  }

  #dismissStandIn(): void {
    if (this.#anyAligned) this.watermarks.remove(standIn);
  }
}
