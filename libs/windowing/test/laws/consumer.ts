import { createTask, type Snapshot, type StepResult, type Task, type TaskDefinition } from "../../src/index.js";
import type { Input, Judged } from "./naive-model.js";
import { identify, type NaiveRow } from "./naive-rows.js";
import type { Visit } from "./visit.js";

/** A rollup's rows by what tells them apart, as a table that each checkpoint was written to. */
export type Table = Map<string, NaiveRow>;
export type VisitTask = Task<TaskDefinition<Visit>>;
export type Checkpoint = ReturnType<VisitTask["checkpoint"]>;

/** A task and what somebody keeps of it: verdicts, notes, and tables made from checkpoints alone. */
export class Consumer {
  readonly judged: Judged[] = [];
  readonly tables: ReadonlyMap<string, Table>;
  task: VisitTask;
  readonly #definition: TaskDefinition<Visit>;

  constructor(definition: TaskDefinition<Visit>) {
    this.#definition = definition;
    this.tables = new Map(definition.rollups.map(({ name }) => [name, new Map()]));
    this.task = createTask(definition);
  }

  /** Steps through the events, in as few steps as the watermarks between them allow. */
  feed(inputs: readonly Input[]): void {
    for (const part of split(inputs)) {
      if ("advanceMs" in part) {
        this.task.advance(part.advanceMs);
      } else {
        const offset = this.judged.length;
        this.judged.push(...judgedOf(stepThrough(this.task, part.events), offset));
      }
    }
  }

  checkpoint(): Checkpoint {
    const checkpoint = this.task.checkpoint();
    for (const changed of checkpoint.changed) write(this.tables.get(changed.rollup) ?? new Map(), changed);
    return checkpoint;
  }

  restore(): void {
    this.task = createTask(this.#definition, throughJson(this.task.snapshot()));
  }
}

type Events = readonly Exclude<Input, { readonly advanceMs: number }>[];

/** Runs of events, and the watermarks between them. */
function split(inputs: readonly Input[]): ({ readonly events: Events } | { readonly advanceMs: number })[] {
  const parts: ({ events: Events } | { advanceMs: number })[] = [{ events: [] }];
  for (const input of inputs) {
    const last = parts.at(-1);
    if ("advanceMs" in input) parts.push(input);
    else if (last !== undefined && "events" in last) last.events = [...last.events, input];
    else parts.push({ events: [input] });
  }
  return parts;
}

/** Arrivals are left out where there are none, and come as either kind of array. */
export function stepThrough(task: VisitTask, events: Events): StepResult {
  const values = events.map(({ event }) => event);
  const arrivals = events.map(({ arrivalMs }) => arrivalMs);
  if (arrivals.every((arrivalMs) => arrivalMs === -1)) return task.step(values);
  return task.step(values, events.length % 2 === 0 ? arrivals : Float64Array.from(arrivals));
}

/** Verdicts, each with its note, whose index becomes a position in the stream. */
export function judgedOf(result: StepResult, offset: number): Judged[] {
  const { verdicts, late, partlyLate, quarantined, rejected } = result;
  const notesOf = { late, counted: partlyLate, quarantined, rejected, duplicate: [] };
  const judged = verdicts.map((verdict, at) => {
    const note = notesOf[verdict].find(({ index }) => index === at);
    return { verdict, note: note === undefined ? null : { ...note, index: at + offset } };
  });
  const noted = judged.filter(({ note }) => note !== null).length;
  const notes = late.length + partlyLate.length + quarantined.length + rejected.length;
  if (notes !== noted) throw new Error(`${notes} notes, of which ${noted} belong to an event with their verdict`);
  return judged;
}

/** Retractions first, then rows. */
export function write(
  table: Table,
  { retracted, rows }: Pick<Checkpoint["changed"][number], "retracted" | "rows">,
): void {
  for (const row of retracted) table.delete(identify(row));
  for (const row of rows) table.set(identify(row), row);
}

export function throughJson(snapshot: Snapshot): Snapshot {
  return JSON.parse(JSON.stringify(snapshot)) as Snapshot;
}
