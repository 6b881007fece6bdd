import { isUtf8 } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  decode,
  eventFields,
  eventSchema,
  MAX_EVENT_BYTES,
  MAX_RECEIVED_LENGTH,
  rejectionReasons,
  type Decoded,
  type EventField,
  type Rejection,
  type RejectionReason,
  type SocmedEvent,
} from "@tidemark/schema";
import { isStorableText } from "../src/storable-text.js";
import { anyEvent, deckEvent, json, utf8 } from "./events.js";

type Case = readonly [
  bytes: Uint8Array | null,
  reason: RejectionReason,
  field?: EventField | undefined,
  received?: string,
];

const withField = (field: EventField, literal: string): Uint8Array =>
  utf8(JSON.stringify({ ...deckEvent, [field]: "@" }).replace('"@"', literal));
const without = (field: EventField): Uint8Array => json({ ...deckEvent, [field]: undefined });

const cases: Readonly<Record<string, Case>> = {
  "a tombstone": [null, "tombstone", undefined, "null"],
  "a value above the limit": [new Uint8Array(MAX_EVENT_BYTES + 1), "too-large", undefined, "65537 bytes"],
  "a byte-order mark": [utf8(`\ufeff${JSON.stringify(deckEvent)}`), "byte-order-mark"],
  "UTF-16": [new Uint8Array(Buffer.from(`\ufeff{}`, "utf16le")), "not-utf8"],
  "Latin-1": [Uint8Array.of(0x22, 0xe9, 0x22), "not-utf8", undefined, '"\ufffd"'],
  "a lone surrogate as three bytes": [Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), "not-utf8"],
  "an overlong NUL": [Uint8Array.of(0x22, 0xc0, 0x80, 0x22), "not-utf8"],
  "no bytes": [utf8(""), "not-json", undefined, "0 bytes"],
  "a cut value": [json(deckEvent).subarray(0, 50), "not-json"],
  "two values": [utf8(`${JSON.stringify(deckEvent)}\n${JSON.stringify(deckEvent)}`), "not-json"],
  NaN: [withField("Sales", "NaN"), "not-json"],
  "a leading zero": [withField("Sales", "007"), "not-json"],
  "a raw NUL": [withField("Kota", '"a\0b"'), "not-json"],
  "a hostile nesting": [utf8("[".repeat(MAX_EVENT_BYTES)), "not-json"],
  "an array": [json([deckEvent]), "not-an-object", undefined, "an array of length 1"],
  "JSON null": [utf8("null"), "not-an-object", undefined, "null"],
  "JSON text": [json(JSON.stringify(deckEvent)), "not-an-object"],
  "an empty object": [utf8("{}"), "missing-field", "ID", "nothing"],
  "a missing counter": [without("Sales"), "missing-field", "Sales", "nothing"],
  "a missing Ts": [without("Ts"), "missing-field", "Ts", "nothing"],
  "null in a field": [withField("Kota", "null"), "wrong-type", "Kota", "null"],
  "a number as an id": [withField("ID", "5"), "wrong-type", "ID", "the number 5"],
  "a number as a name": [withField("Sosial_Media", "-7.5"), "wrong-type", "Sosial_Media", "the number -7.5"],
  "a number as text": [withField("Visitors", '"835"'), "wrong-type", "Visitors", 'text "835"'],
  "true as a number": [withField("Conversion", "true"), "wrong-type", "Conversion", "true"],
  "a Ts as text": [withField("Ts", '"2024-02-03T17:26:45Z"'), "wrong-type", "Ts", 'text "2024-02-03T17:26:45Z"'],
  "an id that is none": [withField("ID", '"352ed520"'), "not-a-uuid", "ID", 'text "352ed520"'],
  "an id without dashes": [withField("ID", '"352ed52003fb49339d2f38019883650d"'), "not-a-uuid", "ID"],
  "an id with spaces": [withField("ID", `" ${deckEvent.ID}"`), "not-a-uuid", "ID"],
  "an id and more": [withField("ID", `"${deckEvent.ID}0"`), "not-a-uuid", "ID"],
  "an id and a line end": [
    withField("ID", `"${deckEvent.ID}\\n"`),
    "not-a-uuid",
    "ID",
    `text "${deckEvent.ID}\\u000a"`,
  ],
  "an empty name": [withField("Kota", '""'), "empty", "Kota", 'text ""'],
  "a name of spaces": [withField("Sosial_Media", '" \\u00a0\\t"'), "empty", "Sosial_Media"],
  "a long name": [withField("Kota", `"${"a".repeat(101)}"`), "too-long", "Kota"],
  "an escaped NUL": [withField("Kota", '"a\\u0000b"'), "invalid-text", "Kota", 'text "a\\u0000b"'],
  "an escaped lone surrogate": [withField("Kota", '"a\\ud800"'), "invalid-text", "Kota", 'text "a\\ud800"'],
  "a fraction": [withField("Sales", "68.5"), "not-an-integer", "Sales", "the number 68.5"],
  "a Ts with milliseconds behind the point": [withField("Ts", "1706981205.5"), "not-an-integer", "Ts"],
  "a fraction of milliseconds": [withField("Ts", "1706981205000.5"), "not-an-integer", "Ts"],
  "a negative count": [withField("Usage_Count", "-1"), "out-of-range", "Usage_Count", "the number -1"],
  "a count above int4": [withField("PageVisitors", "2147483648"), "out-of-range", "PageVisitors"],
  "an unsafe integer": [withField("Sales", "9007199254740993"), "out-of-range", "Sales"],
  "a number beyond doubles": [withField("Sales", "1e999"), "out-of-range", "Sales", "the number Infinity"],
  "a negative Ts": [withField("Ts", "-1"), "out-of-range", "Ts"],
  "a Ts in microseconds": [withField("Ts", "1706981205000000"), "out-of-range", "Ts"],
  "a Ts in milliseconds": [
    withField("Ts", "1706981205000"),
    "looks-like-milliseconds",
    "Ts",
    "the number 1706981205000",
  ],
  "the first second after 9999": [withField("Ts", "253402300800"), "looks-like-milliseconds", "Ts"],
};

const rejectionOf = (decoded: Decoded<SocmedEvent>): Rejection | null => (decoded.ok ? null : decoded.rejection);

test.each(Object.entries(cases))("refuses %s", (_name, [bytes, reason, field = null, received]) => {
  const rejection = rejectionOf(decode(bytes));
  expect(rejection).toMatchObject({ reason, field, ...(received === undefined ? {} : { received }) });
  expect(rejection?.bytes).toBe(bytes);
});

test("takes what JSON.parse reads as an event", () => {
  const taken: readonly [EventField, string, unknown][] = [
    ["Sales", "1e3", 1000],
    ["Sales", "1000.0", 1000],
    ["Sales", "-0", 0],
    ["Sales", "0.99999999999999999999", 1],
    ["Sales", '"x", "Sales": 7', 7],
    ["Kota", '"  Kab. \\u0042ogor\\n"', "Kab. Bogor"],
    ["Kota", '"\\ud83d\\udca9"', "💩"],
    ["ID", `"${deckEvent.ID.toUpperCase()}"`, deckEvent.ID],
    ["Ts", "253402300799", 253402300799],
    ["Ts", '0, "Extra": {"Ts": null}, "__proto__": {"Ts": 5}', 0],
  ];
  for (const [field, literal, value] of taken) {
    expect(decode(withField(field, literal))).toStrictEqual({ ok: true, event: { ...deckEvent, [field]: value } });
  }
});

test("takes an event of exactly the largest size, and white space around it", () => {
  const text = JSON.stringify(deckEvent);
  expect(decode(utf8(` \r\n${text.padEnd(MAX_EVENT_BYTES - 3)}`))).toStrictEqual({ ok: true, event: deckEvent });
});

test("says what it takes, and that a Ts looks like milliseconds", () => {
  const decoded = decode(withField("Ts", "1706981205250"));
  expect(decoded).toMatchObject({
    rejection: {
      expected: "epoch seconds, an integer 0..253402300799; this looks like milliseconds (of 1706981205.25 s)",
    },
  });
  expect(decode(withField("Sales", "-1"))).toMatchObject({ rejection: { expected: "an integer 0..2147483647" } });
});

test("shows the place where UTF-8 ends", () => {
  const bytes = json({ ...deckEvent, Kota: "B?kasi" });
  bytes[bytes.indexOf(0x3f)] = 0xe9;
  const decoded = decode(bytes);
  expect(decoded).toMatchObject({
    rejection: { reason: "not-utf8", received: expect.stringContaining("B\ufffdkasi") },
  });
});

test("of several wrong fields it names the first in wire order, whatever their order in the text", () => {
  const wrong = fc.subarray([...eventFields], { minLength: 1 });
  fc.assert(
    fc.property(wrong, fc.boolean(), (fields, reversed) => {
      const entries = Object.entries({ ...deckEvent, ...Object.fromEntries(fields.map((field) => [field, null])) });
      const decoded = decode(json(Object.fromEntries(reversed ? entries.toReversed() : entries)));
      expect(decoded).toMatchObject({ ok: false, rejection: { field: fields[0] } });
    }),
  );
});

const numerals = ["-0", "1e3", "1000.0", "1E-3", "2147483648", "1706981205000", "-", ".5", "e9"];
const texts = ["\\ud800", "\\udc00", "\\u0000", "\0", "\ufeff", "\u00a0", "\u200b", " ", "a".repeat(120)];
const snippets = [...numerals, ...texts, "null", "true", '"5"', "[]", "{}", '"', ",", ":", "}"];
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.nat({ max: 12 }),
  inserted: fc.oneof(
    fc.constantFrom(...snippets).map((text) => utf8(text)),
    fc.uint8Array({ maxLength: 2 }),
  ),
});

/** The plain reading that decode must equal, by other means: Node's UTF-8 check and the schema alone. */
function eventByReference(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_EVENT_BYTES || !isUtf8(bytes)) return null;
  try {
    return eventSchema.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8"))).data ?? null;
  } catch {
    return null;
  }
}

/** The event or null, after a look at the rejection, which must be fit for Postgres, and at the bytes. */
function soundlyDecoded(bytes: Uint8Array): unknown {
  const copy = bytes.slice();
  const decoded = decode(bytes);
  expect(bytes).toEqual(copy);
  if (decoded.ok) return decoded.event;
  const { reason, field, expected, received } = decoded.rejection;
  expect(rejectionReasons).toContain(reason);
  expect(field === null).toBe(rejectionReasons.indexOf(reason) < rejectionReasons.indexOf("missing-field"));
  expect(received.length).toBeLessThanOrEqual(MAX_RECEIVED_LENGTH);
  expect(isStorableText(received) && isStorableText(expected)).toBe(true);
  expect(decoded.rejection.bytes).toBe(bytes);
  return null;
}

test("never throws and equals the schema on any bytes", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), fc.json().map(utf8)), (bytes) => {
      expect(soundlyDecoded(bytes)).toStrictEqual(eventByReference(bytes));
    }),
    { numRuns: 1000 },
  );
});

test("never throws and equals the schema on events whose bytes were changed anywhere", () => {
  fc.assert(
    fc.property(anyEvent, fc.array(edit, { minLength: 1, maxLength: 3 }), (event, edits) => {
      let bytes = Buffer.from(json(event));
      for (const { at, removed, inserted } of edits) {
        const start = Math.floor(at * bytes.length);
        bytes = Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(start + removed)]);
      }
      const changed = new Uint8Array(bytes);
      expect(soundlyDecoded(changed)).toStrictEqual(eventByReference(changed));
    }),
    { numRuns: 1500 },
  );
});

test("never throws and equals the schema on events of which one value was changed", () => {
  const answers = { yes: 0, no: 0 };
  const changes: Readonly<Record<string, (literal: string, snippet: string) => string>> = {
    replaced: (_literal, snippet) => snippet,
    "with more in front": (literal, snippet) => literal.replace(/^"?/, (quote) => quote + snippet),
    "with more at the end": (literal, snippet) => literal.replace(/"?$/, (quote) => snippet + quote),
  };
  const change = fc.tuple(fc.constantFrom(...eventFields), fc.constantFrom(...Object.values(changes)));
  fc.assert(
    fc.property(change, fc.constantFrom(...snippets), ([changed, apply], snippet) => {
      const members = eventFields.map((field) => {
        const literal = JSON.stringify(deckEvent[field]);
        return `"${field}":${field === changed ? apply(literal, snippet) : literal}`;
      });
      const bytes = utf8(`{${members.join(",")}}`);
      const decoded = soundlyDecoded(bytes);
      expect(decoded).toStrictEqual(eventByReference(bytes));
      answers[decoded === null ? "no" : "yes"] += 1;
    }),
    { numRuns: 1500 },
  );
  expect(answers.yes).toBeGreaterThan(100);
  expect(answers.no).toBeGreaterThan(100);
});
