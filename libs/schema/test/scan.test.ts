import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encode, eventSchema, type SocmedEvent } from "@tidemark/schema";
import { scanEvent } from "../src/scan.js";
import { anyEvent, deckEvent, oddId, oddName, oddNumber, utf8 } from "./events.js";

/** JSON.parse and the schema, without any short cut. */
function byParsing(bytes: Uint8Array): SocmedEvent | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return eventSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** An event that the scanner should take itself. */
const plainName = fc.stringMatching(/^[!#-[\]-~]([ !#-[\]-~]{0,98}[!#-[\]-~])?$/);
const plainEvent = fc
  .tuple(anyEvent, plainName, plainName)
  .map(([event, Kota, Sosial_Media]) => ({ ...event, Kota, Sosial_Media }));

test("takes every plain event, and gives what was encoded, keys in the same order", () => {
  fc.assert(
    fc.property(plainEvent, (event) => {
      expect(JSON.stringify(scanEvent(encode(event)))).toBe(JSON.stringify(event));
    }),
    { numRuns: 1000 },
  );
});

test("takes the spelling of Python's json", () => {
  const spaced = JSON.stringify(deckEvent).replaceAll(/[,:]/g, "$& ");
  expect(scanEvent(utf8(spaced))).toStrictEqual(deckEvent);
});

test("gives null or the schema's event for any event at the bounds and beyond them", () => {
  const odd = fc.record({ ID: oddId, Kota: oddName, Sales: oddNumber, Ts: oddNumber }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.oneof(plainEvent, anyEvent), odd, (event, oddities) => {
      const bytes = utf8(JSON.stringify({ ...event, ...oddities }));
      const scanned = scanEvent(bytes);
      expect(scanned).toStrictEqual(scanned === null ? null : byParsing(bytes));
    }),
    { numRuns: 2000 },
  );
});

test("gives null or the schema's event wherever bytes are changed, cut out or put in; both occur often", () => {
  const answers = { event: 0, null: 0 };
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(...utf8(' "\\,:{}[]0123456789-+.eEabfAF\n\t')));
  const edit = fc.record({ at: fc.nat(400), byte, kind: fc.constantFrom("change", "cut", "insert") });
  fc.assert(
    fc.property(plainEvent, fc.array(edit, { minLength: 1, maxLength: 3 }), (event, edits) => {
      const bytes = [...encode(event)];
      for (const { at, byte: value, kind } of edits) {
        bytes.splice(at % bytes.length, kind === "insert" ? 0 : 1, ...(kind === "cut" ? [] : [value]));
      }
      const changed = Uint8Array.from(bytes);
      const scanned = scanEvent(changed);
      expect(scanned).toStrictEqual(scanned === null ? null : byParsing(changed));
      answers[scanned === null ? "null" : "event"] += 1;
    }),
    { numRuns: 4000 },
  );
  expect(answers.event).toBeGreaterThan(100);
  expect(answers.null).toBeGreaterThan(400);
});

test.each([
  ["a leading zero", { Sales: "068" }],
  ["a fraction", { Sales: "68.0" }],
  ["an exponent", { Sales: "1e3" }],
  ["a sign", { Sales: "-0" }],
  ["a count beyond int4", { Sales: "2147483648" }],
  ["no digits", { Sales: "" }],
  ["thirteen digits", { Ts: "0000000000001" }],
  ["a time beyond the year 9999", { Ts: "253402300800" }],
])("leaves %s to the parser", (_what, changes) => {
  const fields = { ...deckEvent, ...changes };
  const text = `{${Object.entries(fields)
    .map(([key, value]) => `"${key}":${key in changes ? value : JSON.stringify(value)}`)
    .join(",")}}`;
  expect(scanEvent(utf8(text))).toBeNull();
});

test("leaves trailing bytes, other orders, more keys, escapes and capitals to the parser", () => {
  const { ID, ...rest } = deckEvent;
  const others = [
    `${JSON.stringify(deckEvent)} `,
    JSON.stringify(deckEvent).slice(0, -1),
    JSON.stringify({ ...rest, ID }),
    JSON.stringify({ ...deckEvent, more: 1 }),
    JSON.stringify({ ...deckEvent, ID: ID.toUpperCase() }),
    JSON.stringify({ ...deckEvent, Kota: 'a"b' }),
    JSON.stringify({ ...deckEvent, Kota: " Bogor" }),
    JSON.stringify({ ...deckEvent, Kota: "Bogor " }),
    JSON.stringify({ ...deckEvent, Kota: "Bōgor" }),
    JSON.stringify({ ...deckEvent, Kota: "" }),
    "",
  ];
  for (const text of others) expect(scanEvent(utf8(text)), text).toBeNull();
});

test("keeps names apart that share a slot of its memory", () => {
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 5000; index += 1) {
      const event = { ...deckEvent, Kota: `city ${index}`, Sosial_Media: `x${index * 7}` };
      expect(scanEvent(encode(event))).toStrictEqual(event);
    }
  }
});
