import { createTask, type StepResult, type TaskDefinition, type WindowAssigner } from "../../src/index.js";
import { aggregates, type Visit, visit } from "./visit.js";

const { events, sales } = aggregates;

/** Windows of 10 ms by city, the watermark 20 ms behind, 5 ms of lateness and of skew. */
export const tumblingBy10: TaskDefinition<Visit> = {
  id: "id",
  time: { field: "at", unit: "ms" },
  watermarkDelayMs: 20,
  allowedLatenessMs: 5,
  maxFutureSkewMs: 5,
  rollups: [{ name: "small", window: { kind: "tumbling", sizeMs: 10 }, keys: ["city"], aggregates: { events, sales } }],
};

/** Other windows, a watermark at the highest event time, nothing allowed for. */
export function eager(window: WindowAssigner, changes: Partial<TaskDefinition<Visit>> = {}): TaskDefinition<Visit> {
  return {
    time: { field: "at", unit: "ms" },
    watermarkDelayMs: 0,
    allowedLatenessMs: 0,
    rollups: [{ name: "rows", window, keys: [], aggregates: { events } }],
    ...changes,
  };
}

export function judge(
  definition: TaskDefinition<Visit>,
  judged: readonly (Visit | number | null)[],
  arrivalMs = -1,
): StepResult {
  const visits = judged.map((one) => (typeof one === "number" ? visit(one) : one));
  return createTask(definition).step(
    visits,
    visits.map(() => arrivalMs),
  );
}

/** The windows, with how many events each holds, after a task has seen visits at these times. */
export function countsOf(definition: TaskDefinition<Visit>, times: readonly number[]): (readonly number[])[] {
  const task = createTask(definition);
  task.step(times.map((at) => visit(at)));
  const rows = task.checkpoint().changed[0]?.rows ?? [];
  return rows.map(({ windowStartMs, windowEndMs, values }) => [windowStartMs, windowEndMs, Number(values["events"])]);
}
