import { createTask, type Snapshot, tumbling } from "../src/index.js";

export interface SnapshotFigures {
  readonly windows: number;
  /** From the task to a JSON text, and back to a task; best of 5. */
  readonly takeMs: number;
  readonly restoreMs: number;
  /** The text's size, in 10^6 characters. */
  readonly megabytes: number;
}

/** A task that holds so many windows of one row each, with five sums, as JSON and back. */
export function measureSnapshot(windows: number): SnapshotFigures {
  interface Sample {
    readonly at: number;
    readonly value: number;
  }
  const sum = { kind: "sum", field: "value", of: "integer" } as const;
  const definition = {
    time: { field: "at", unit: "ms" },
    watermarkDelayMs: windows * 1_000,
    allowedLatenessMs: 0,
    rollups: [
      { name: "seconds", window: tumbling(1_000), keys: [], aggregates: { a: sum, b: sum, c: sum, d: sum, e: sum } },
    ],
  } as const;
  const task = createTask<Sample>(definition);
  task.step(Array.from({ length: windows }, (_, index) => ({ at: index * 1_000, value: index })));
  let [takeMs, restoreMs, megabytes] = [Infinity, Infinity, 0];
  for (let round = 0; round < 5; round++) {
    const started = performance.now();
    const text = JSON.stringify(task.snapshot());
    const taken = performance.now();
    createTask<Sample>(definition, JSON.parse(text) as Snapshot);
    takeMs = Math.min(takeMs, taken - started);
    restoreMs = Math.min(restoreMs, performance.now() - taken);
    megabytes = text.length / 1e6;
  }
  return { windows: task.held().rows, takeMs, restoreMs, megabytes };
}
