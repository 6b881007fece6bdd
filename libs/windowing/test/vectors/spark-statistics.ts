import { type Aggregate, createTask, tumbling } from "../../src/index.js";
import type { Fields } from "./case.js";
import { type Adapter, adapter, unknownOperation } from "./case-run.js";

/** Greatest, least, mean and number of figures. */
export interface Statistics {
  readonly max: number;
  readonly min: number;
  readonly avg: number;
  readonly count: number;
}

interface Summary {
  readonly at: number;
  readonly max: number;
  readonly min: number;
  readonly sum: number;
  readonly count: number;
}

const aggregates: Record<string, Aggregate<Summary>> = {
  max: { kind: "max", field: "max" },
  min: { kind: "min", field: "min" },
  sum: { kind: "sum", field: "sum", of: "double" },
  count: { kind: "sum", field: "count", of: "integer" },
};

/** Puts statistics together: to us each is an event of one window. Sums and counts make means that go together. */
export function combineStatistics(parts: readonly Statistics[]): Statistics | null {
  const task = createTask<Summary>({
    time: { field: "at", unit: "ms" },
    watermarkDelayMs: "given",
    allowedLatenessMs: 0,
    rollups: [{ name: "all", window: tumbling(1), keys: [], aggregates }],
  });
  task.step(parts.map(({ avg, ...part }) => ({ at: 0, ...part, sum: avg * part.count })));
  const [row] = task.checkpoint().changed[0]?.rows ?? [];
  if (row === undefined) return null;
  const { max, min, sum, count } = row.values as unknown as Summary;
  return { max, min, avg: sum / count, count };
}

export function statisticsOf(value: number): Statistics {
  return { max: value, min: value, avg: value, count: 1 };
}

/** Spark's running statistics of event times. */
export const runningStatistics: Adapter = adapter<unknown, StatisticsStep>((run) => {
  const parts: Statistics[] = [];
  for (const [at, step] of run.steps) {
    if (step.op === "add") parts.push(statisticsOf(step.value));
    else if (step.op === "init" || step.op === "merge") parts.push(step.stats);
    else throw unknownOperation(step);
    run.expect(at, step.expect, { ...combineStatistics(parts) });
  }
});

type StatisticsStep = { readonly expect?: Fields } & (
  { readonly op: "init" | "merge"; readonly stats: Statistics } | { readonly op: "add"; readonly value: number }
);
