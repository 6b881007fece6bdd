// Event-time windows over an array: no Kafka, no Postgres.
import { createTask } from "@tidemark/windowing";

interface Sale {
  readonly id: string;
  readonly city: string;
  readonly amount: number;
  readonly at: number;
}

const task = createTask<Sale>({
  id: "id",
  time: { field: "at", unit: "s" },
  watermarkDelayMs: 10_000,
  allowedLatenessMs: 0,
  maxFutureSkewMs: 60_000,
  rollups: [
    {
      name: "per_minute",
      sizeMs: 60_000,
      keys: ["city"],
      aggregates: { sales: { kind: "count" }, amount: { kind: "sum", field: "amount", of: "integer" } },
    },
  ],
});

const sales: Sale[] = [
  { id: "a", city: "Bogor", amount: 5, at: 0 },
  { id: "b", city: "Depok", amount: 7, at: 59 },
  { id: "a", city: "Bogor", amount: 5, at: 0 }, // sent twice
  { id: "c", city: "Bogor", amount: 1, at: 70 }, // the watermark is now 60: the first minute is over
  { id: "d", city: "Depok", amount: 2, at: 58 }, // too late for it
];

const { verdicts } = task.step(sales.map((event) => ({ arrivalMs: -1, event })));
console.log(verdicts.join(" "));
for (const { windowStartMs, keys, values } of task.checkpoint().changed[0]?.rows ?? []) {
  console.log(`${windowStartMs / 1000} s  ${keys.join()}  ${values.join(" ")}`);
}
