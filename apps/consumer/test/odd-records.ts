import { createStream, presets } from "@tidemark/socmed/scenario";
import fc from "fast-check";

/** A record before it has an offset. */
export interface OddRecord {
  readonly value: Uint8Array | null;
  readonly timestampMs: number;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const stream = createStream({ scenario: presets.dirty, seed: 11, startMs: Date.parse("2024-02-03T17:00:00Z") });
/** What the fake stream makes, with its faults. */
const streamed = fc.nat({ max: 20_000 }).map((index): Uint8Array | null => stream.at(index).value);

const oddTexts = [
  "",
  " ",
  "a",
  "\0",
  "a\0b",
  "\ud83d",
  "\udca9x",
  "x\ud83d\udca9",
  "\u0378\u{1fffe}\u{10ffff}", // unassigned, and none that ever will be
  "\ue000\uf8ff", // private use
  "\u202e\u200b\u200d\ufeff", // directions, joiners and marks of no width
  "e\u0301\u0301\u0301",
  "שָׁלוֹם",
  '"\\{}(),',
  "NULL",
  String.raw`\N`,
  "\u2028\n\t\u007f",
  "é".repeat(100),
  "💩".repeat(50),
  "x".repeat(101),
  "x".repeat(20_000),
];
const text = fc.oneof(fc.constantFrom(...oddTexts), fc.string({ unit: "binary", maxLength: 12 }));
const counts = [0, -0, 1, 2_147_483_647, 2_147_483_648, -1, 0.5, 1e21, Number.MAX_SAFE_INTEGER];
const count = fc.oneof(fc.constantFrom<unknown>(...counts, "7", null, true), fc.nat());
const days = [0, 86_399, 86_400, 951_782_400, 1_706_979_600, 4_102_444_800, 253_402_214_400];
const time = fc.oneof(
  fc.tuple(fc.constantFrom(...days), fc.nat({ max: 30 })).map(([day, second]) => day + second),
  fc.constantFrom<unknown>(253_402_300_799, 253_402_300_800, -1, -0, 1_706_979_600_000, 1e18, "1706979600"),
);

/** An event that is one for sure, at any time and with any name that the schema takes. */
const soundEvent = fc.record({
  ID: fc.uuid(),
  Kota: fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).map((name) => `${name.replaceAll("\0", "")}.`),
  Sosial_Media: fc.constantFrom("X", "x\ud83d\udca9", "\u0378\u{10ffff}", "é".repeat(100), '"\\{}', "NULL"),
  Usage_Count: fc.constantFrom(0, 2_147_483_647),
  Sales: fc.nat(),
  Visitors: fc.constantFrom(0, 1, 835, 2_147_483_647),
  PageVisitors: fc.nat(),
  Conversion: fc.constantFrom(0, 1, 2_147_483_647),
  Ts: fc.tuple(fc.constantFrom(...days), fc.nat({ max: 30 })).map(([day, second]) => day + second),
});

/** One or two fields at the edge of what they may be, or beyond it. */
const oddities = fc.oneof(
  fc.record({ Kota: text }),
  fc.record({ Sosial_Media: text }),
  fc.record({ Kota: text, Sosial_Media: text }),
  fc.record({ ID: fc.oneof(text, fc.constantFrom("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "0".repeat(32))) }),
  fc.record({ Visitors: count }),
  fc.record({ Conversion: count }),
  fc.record({ Sales: count }),
  fc.record({ Ts: time }),
);

const toBytes = (event: object): Uint8Array => utf8(JSON.stringify(event));
const sound = soundEvent.map(toBytes);
const made = fc.tuple(soundEvent, oddities).map(([event, odd]) => toBytes({ ...event, ...odd }));

const megabyte = 1024 * 1024;
const large = fc.constantFrom(
  new Uint8Array(megabyte),
  Uint8Array.from({ length: megabyte }, (_, at) => (at * 7919) % 256),
  utf8(JSON.stringify({ ID: "x", Kota: "💩".repeat(megabyte / 4) })),
  utf8("\u2028".repeat(20_000)),
);

/** Bytes cut, doubled, overwritten or joined at any place. */
const mutated = fc
  .tuple(
    fc.oneof(sound, made),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 4 }), fc.uint8Array({ maxLength: 3 })), { minLength: 1, maxLength: 3 }),
  )
  .map(([bytes, edits]) =>
    edits.reduce<Uint8Array>(
      (before, [place, removed, added]) => {
        const at = place % (before.length + 1);
        return Uint8Array.of(...before.slice(0, at), ...added, ...before.slice(at + removed));
      },
      bytes.slice(0, 2_000),
    ),
  );

const value = fc.oneof(
  { arbitrary: sound, weight: 8 },
  { arbitrary: made, weight: 6 },
  { arbitrary: mutated, weight: 6 },
  { arbitrary: streamed, weight: 4 },
  fc.uint8Array({ maxLength: 40 }),
  fc.constant(null),
  { arbitrary: large, weight: 1 },
);

/** Producers write what they like: none, before 1970, past what a date can hold. */
const timestampMs = fc.oneof(
  { arbitrary: fc.constantFrom(253_402_300_799_999, 1_706_979_600_000), weight: 6 },
  fc.constantFrom(-1, 0, -2, -86_400_000, 8_640_000_000_000_001, -8_640_000_000_000_001, 9.2e18, -9.2e18),
);

/** Anything that a topic may hold. */
export const oddRecords: fc.Arbitrary<OddRecord[]> = fc.array(fc.record({ value, timestampMs }), {
  minLength: 1,
  maxLength: 30,
});
