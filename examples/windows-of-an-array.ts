// Event-time windows over an array: no Kafka, no Postgres.
import { defineTask, tumbling, windowed } from "@tidemark/windowing";

interface Sale {
  readonly id: string;
  readonly city: string;
  readonly amount: number;
  readonly at: number;
}

const perMinute = defineTask<Sale>()({
  id: "id",
  time: { field: "at", unit: "s" },
  watermarkDelayMs: 10_000,
  allowedLatenessMs: 0,
  output: "final",
  rollups: [
    {
      name: "per_minute",
      window: tumbling(60_000),
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

for await (const out of windowed(sales, perMinute)) {
  if (out.kind === "row") {
    const { windowStartMs, keys, values } = out.row;
    console.log(`${windowStartMs / 1000} s  ${keys.city}  ${values.sales} sales, ${values.amount}`);
  } else if (out.kind === "late") {
    console.log(`late by ${out.missedByMs} ms: ${out.event.id}`);
  } else {
    console.log(out.kind);
  }
}
