import type { EventOf, TaskDefinition } from "./definition.js";
import type { Snapshot } from "./snapshot.js";
import { type Checkpoint, createTask, type StepResult } from "./task.js";

/** What a pure step takes: events, a watermark from outside, or both; the events come first. */
export interface StepInput<E> {
  readonly events?: readonly (E | null)[];
  readonly arrivalsMs?: ArrayLike<number>;
  readonly watermarkMs?: number;
}

export interface StepOutput<D extends TaskDefinition<never>> {
  readonly state: Snapshot;
  readonly result: StepResult;
  readonly checkpoint: Checkpoint<D>;
}

/**
 * The whole of a task as one pure function, `null` its state before anything: (state, input) -> { state, outputs }. It takes the
 * state apart and puts it together each time, so it costs what the state is large; a `Task` does the same in place.
 * Throws as `createTask`, `Task.step` and `Task.advance` do.
 */
export function step<const D extends TaskDefinition<never>>(
  definition: D,
  state: Snapshot | null,
  input: StepInput<EventOf<D>>,
): StepOutput<D> {
  const task = createTask<D>(definition, state ?? undefined);
  const result = task.step(input.events ?? [], input.arrivalsMs);
  if (input.watermarkMs !== undefined) task.advance(input.watermarkMs);
  const checkpoint = task.checkpoint();
  return { state: task.snapshot(), result, checkpoint };
}
