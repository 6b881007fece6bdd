import { decode, encode, eventSchema } from "@tidemark/schema";

// Events/s of JSON.parse alone, of decode, of the same with zod in the guard's place, and of zod alone; best of five
// rounds each. From the repository's root: node --conditions=@tidemark/source --import tsx libs/schema/bench/decode.ts
const EVENTS = 200_000;
const ROUNDS = 5;

const cities = ["Jakarta", "Bogor", "Depok", "Tangerang", "Bekasi"];
const platforms = ["X", "Instagram", "Facebook", "Telegram", "TikTok"];

const values = Array.from({ length: EVENTS }, (_, index) =>
  encode({
    ID: `3d131cdc-0611-46c1-9ff7-${index.toString(16).padStart(12, "0")}`,
    Kota: cities[index % 5] ?? "",
    Sosial_Media: platforms[index % 7] ?? "X",
    Usage_Count: 50 + (index % 951),
    Sales: 40 + (index % 111),
    Visitors: 500 + (index % 501),
    PageVisitors: 50 + (index % 201),
    Conversion: 100 + (index % 401),
    Ts: 1_706_980_000 + (index % 1000),
  }),
);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const parse = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes));
const parsed = values.map((bytes) => parse(bytes));

const candidates: readonly (readonly [string, (index: number) => unknown])[] = [
  ["UTF-8 alone", (index) => decoder.decode(values[index])],
  ["UTF-8, JSON.parse", (index) => parse(values[index] ?? new Uint8Array())],
  ["decode (with the guard)", (index) => decode(values[index] ?? null)],
  ["UTF-8, JSON.parse, zod", (index) => eventSchema.safeParse(parse(values[index] ?? new Uint8Array()))],
  ["zod alone", (index) => eventSchema.safeParse(parsed[index])],
];

for (const [name, run] of candidates) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    for (let index = 0; index < EVENTS; index += 1) run(index);
    best = Math.min(best, performance.now() - start);
  }
  console.log(
    `${name.padEnd(24)} ${Math.round((EVENTS / best) * 1000)
      .toLocaleString("en")
      .padStart(12)} events/s`,
  );
}
