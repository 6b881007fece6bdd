import { createTask, type StepResult, type Task, type TaskDefinition } from "../../src/index.js";
import { matches } from "./answers.js";

/** A row as it is given out, of any definition. */
export interface Row {
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly keys: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

export type RowBounds = Omit<Row, "values">;

/** What a checkpoint of both outputs gives. */
export interface Changes {
  /** In the order of first change. */
  readonly changed: readonly Row[];
  readonly retracted: readonly RowBounds[];
  /** By end, start and keys. */
  readonly closed: readonly Row[];
}

export type TwinDefinition<E> = Omit<TaskDefinition<E>, "output">;

/**
 * One definition of one rollup with both outputs, `update` and `final`, so that what is open is what was given out by the one
 * and not yet by the other. The two must agree: each verdict, and the values of a row that closes.
 */
export class TwinTask<E> {
  /** What is open, by `rowIdOf`, with its values at the last checkpoint. */
  readonly open = new Map<string, Row>();
  readonly #definition: TwinDefinition<E>;
  #updates: Task<TaskDefinition<E>>;
  #finals: Task<TaskDefinition<E>>;

  constructor(definition: TwinDefinition<E>) {
    this.#definition = definition;
    this.#updates = createTask<E>({ ...definition, output: "update" });
    this.#finals = createTask<E>({ ...definition, output: "final" });
  }

  get watermarkMs(): number {
    return this.#updates.watermarkMs;
  }

  get maxEventTimeMs(): number {
    return this.#updates.maxEventTimeMs;
  }

  step(events: readonly (E | null)[]): StepResult {
    const result = this.#updates.step(events as never[]);
    agree("verdicts", this.#finals.step(events as never[]), result);
    return result;
  }

  advance(watermarkMs: number): void {
    this.#updates.advance(watermarkMs);
    this.#finals.advance(watermarkMs);
  }

  checkpoint(): Changes {
    const updates = this.#updates.checkpoint();
    const finals = this.#finals.checkpoint();
    agree("ledgers", finals.ledger, updates.ledger);
    const { retracted, rows } = only(updates.changed);
    const { rows: closed } = only(finals.changed);
    for (const row of retracted) this.open.delete(rowIdOf(row));
    for (const row of rows) this.open.set(rowIdOf(row), row);
    for (const row of closed) {
      agree("rows that close", row, this.open.get(rowIdOf(row)));
      this.open.delete(rowIdOf(row));
    }
    agree("rows held", this.#updates.held().rows, this.open.size);
    return { changed: rows, retracted, closed };
  }

  /** Both go on from their snapshots, as JSON. */
  restart(): void {
    const { updates, finals } = { updates: this.#updates.snapshot(), finals: this.#finals.snapshot() };
    this.#updates = createTask<E>({ ...this.#definition, output: "update" }, JSON.parse(JSON.stringify(updates)));
    this.#finals = createTask<E>({ ...this.#definition, output: "final" }, JSON.parse(JSON.stringify(finals)));
  }
}

export function rowIdOf({ windowStartMs, windowEndMs, keys }: RowBounds): string {
  return JSON.stringify([windowStartMs, windowEndMs, keys]);
}

function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error("not exactly one rollup");
  return item;
}

function agree(what: string, a: unknown, b: unknown): void {
  if (!matches(a, b) || !matches(b, a)) {
    throw new Error(`The ${what} of the outputs differ: ${JSON.stringify(a)} and ${JSON.stringify(b)}`);
  }
}
