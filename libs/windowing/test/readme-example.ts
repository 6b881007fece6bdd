// oxlint-disable no-console -- what it prints is what the README shows; the test takes this line away
import { createTask, type TaskDefinition } from "@tidemark/windowing";

interface Sale {
  readonly id: string;
  readonly at: number;
  readonly city: string;
  readonly amount: number;
}

const perMinute: TaskDefinition<Sale> = {
  id: "id",
  time: { field: "at", unit: "s" },
  watermarkDelayMs: 60_000,
  allowedLatenessMs: 0,
  maxFutureSkewMs: 60_000,
  rollups: [
    {
      name: "1m",
      sizeMs: 60_000,
      keys: ["city"],
      aggregates: { sum: { kind: "sum", field: "amount", of: "integer" } },
    },
  ],
};

const sales: Sale[] = [
  { id: "a", at: 5, city: "Bogor", amount: 7 },
  { id: "b", at: 130, city: "Bogor", amount: 1 }, // the watermark is now at 70 s: the first minute is closed
  { id: "c", at: 65, city: "Bogor", amount: 2 }, // behind the watermark, but its minute is open
  { id: "c", at: 65, city: "Bogor", amount: 2 },
  { id: "d", at: 59, city: "Bogor", amount: 4 },
];

const task = createTask(perMinute);
console.log(task.step(sales.map((event) => ({ arrivalMs: -1, event }))).verdicts.join(", "));
for (const { windowStartMs, keys, values } of task.checkpoint().changed[0]?.rows ?? []) {
  console.log(windowStartMs, ...keys, ...values);
}
