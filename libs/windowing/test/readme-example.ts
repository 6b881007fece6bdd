// oxlint-disable no-console -- what it prints is what the README shows; the test takes this line away
import { defineTask, tumbling, windowed } from "@tidemark/windowing";

const sales = [
  { id: "a", at: 5_000, city: "Bogor", amount: 7 },
  { id: "b", at: 130_000, city: "Bogor", amount: 1 }, // the watermark is now at 70 s: the first minute is closed
  { id: "c", at: 65_000, city: "Bogor", amount: 2 }, // behind the watermark, but its minute is open
  { id: "c", at: 65_000, city: "Bogor", amount: 2 },
  { id: "d", at: 59_000, city: "Bogor", amount: 4 },
];
const amount = { kind: "mean", field: "amount", of: "integer" } as const;
const perMinute = defineTask<(typeof sales)[number]>()({
  id: "id",
  time: { field: "at", unit: "ms" },
  watermarkDelayMs: 60_000,
  allowedLatenessMs: 0,
  output: "final",
  rollups: [{ name: "1m", window: tumbling(60_000), keys: ["city"], aggregates: { amount } }],
});
for await (const out of windowed(sales, perMinute)) {
  if (out.kind === "row") console.log(out.row.windowStartMs, out.row.keys.city, out.row.values.amount.mean);
  else if ("event" in out) console.log(out.kind, out.event?.id);
}
