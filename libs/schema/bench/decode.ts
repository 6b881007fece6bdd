import { z } from "zod";
import { count, defineEvent, text, time, uuid } from "@tidemark/schema";

// Events/s of JSON.parse alone, of decode on three spellings, of zod alone, and of encode; best of five rounds each.
// From the repository's root: node --conditions=@tidemark/source --import tsx libs/schema/bench/decode.ts
const EVENTS = 200_000;
const ROUNDS = 5;

const schema = z.object({
  orderNo: uuid(),
  shop: text({ max: 100 }),
  channel: text({ max: 100 }),
  items: count(),
  cents: count(),
  discount: count(),
  weight: count(),
  visits: count(),
  placedAt: time("s"),
});
const codec = defineEvent(schema, { time: { field: "placedAt", unit: "s" } });

const shops = ["Jakarta", "Bogor", "Depok", "Tangerang", "Bekasi"];
const channels = ["web", "app", "shop", "telephone"];
const utf8 = (json: string): Uint8Array => new TextEncoder().encode(json);

const events = Array.from({ length: EVENTS }, (_, index) => ({
  orderNo: `3d131cdc-0611-46c1-9ff7-${index.toString(16).padStart(12, "0")}`,
  shop: shops[index % 5] ?? "",
  channel: channels[index % 7] ?? "fair",
  items: 50 + (index % 951),
  cents: 40 + (index % 111),
  discount: 500 + (index % 501),
  weight: 50 + (index % 201),
  visits: 100 + (index % 401),
  placedAt: 1_706_980_000 + (index % 1000),
}));
const values = events.map((event) => codec.encode(event));
const spaced = events.map((event) => utf8(JSON.stringify(event).replaceAll(/[,:]/g, "$& ")));
const reordered = events.map(({ orderNo, ...rest }) => utf8(JSON.stringify({ ...rest, orderNo })));
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const parsed = values.map((bytes) => JSON.parse(decoder.decode(bytes)) as unknown);

const candidates: readonly (readonly [string, (index: number) => unknown])[] = [
  ["UTF-8, JSON.parse", (index) => JSON.parse(decoder.decode(values[index]))],
  ["decode", (index) => codec.decode(values[index] ?? null)],
  ["decode, Python's spacing", (index) => codec.decode(spaced[index] ?? null)],
  ["decode, another order", (index) => codec.decode(reordered[index] ?? null)],
  ["zod alone", (index) => schema.safeParse(parsed[index])],
  ["encode", (index) => codec.encode(events[index] as (typeof events)[number])],
];

for (const [name, run] of candidates) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    for (let index = 0; index < EVENTS; index += 1) run(index);
    best = Math.min(best, performance.now() - start);
  }
  const perSecond = Math.round((EVENTS / best) * 1000).toLocaleString("en");
  console.log(`${name.padEnd(26)} ${perSecond.padStart(12)} events/s`);
}
