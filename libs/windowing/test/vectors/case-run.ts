import { Comparison } from "./answers.js";
import { type Fields, fromMs, toMs, type VectorCase, type VectorTime } from "./case.js";
import type { DivergenceName } from "./divergences.js";

/** One run of a case by its adapter: as ours is, or with an engine's habits from which ours diverges. */
export class CaseRun<Config = Fields, Step = Fields> {
  readonly vector: VectorCase<Config, Step>;
  readonly #habits: ReadonlySet<DivergenceName>;
  readonly #comparison = new Comparison();

  constructor(vector: VectorCase<Config, Step>, habits: ReadonlySet<DivergenceName>) {
    this.vector = vector;
    this.#habits = habits;
  }

  get config(): Config {
    return this.vector.config;
  }

  /** With their positions. */
  get steps(): [number, Step][] {
    return [...this.vector.steps.entries()];
  }

  get compared(): number {
    return this.#comparison.compared;
  }

  /** Whether to do around the lib what the engine does, though ours does not. */
  follows(habit: DivergenceName): boolean {
    return this.#habits.has(habit);
  }

  /** The same case with a configuration that its kind takes for granted. */
  with<Other>(config: Other): CaseRun<Other, Step> {
    return new CaseRun({ ...this.vector, config }, this.#habits);
  }

  expect(at: number, expected: Fields | undefined, answers: Fields): void {
    this.#comparison.expect(`step ${at}`, expected, answers);
  }

  ms(time: VectorTime): number {
    return toMs(this.vector, time);
  }

  unit(timeMs: number): VectorTime {
    return fromMs(this.vector, timeMs);
  }
}

/** Runs a case of one kind. Throws a `Mismatch` where the lib answers something else than the case says. */
export type Adapter = (run: CaseRun) => void;

/** An adapter that knows what its kind holds. */
export function adapter<Config, Step>(run: (run: CaseRun<Config, Step>) => void): Adapter {
  return (untyped) => run(untyped as unknown as CaseRun<Config, Step>);
}

/** An operation that an adapter does not know is an error: a case is never half run. */
export function unknownOperation(operation: unknown): Error {
  return new Error(`unknown operation ${JSON.stringify(operation)}`);
}
