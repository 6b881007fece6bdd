import { expect, test } from "vitest";
import { MAX_COUNT, MAX_EVENT_BYTES, type Decoded, type Rejection, type RejectionReason } from "@tidemark/schema";
import { socmedData } from "../src/pipeline.js";
import { MAX_NAME_LENGTH, MAX_TS, socmedEvent, socmedSchema, type SocmedEvent } from "../src/event.js";

const { decode, encode } = socmedEvent;

type EventField = keyof SocmedEvent;

const deckEvent: SocmedEvent = {
  ID: "352ed520-03fb-4933-9d2f-38019883650d",
  Kota: "Bekasi",
  Sosial_Media: "Instagram",
  Usage_Count: 849,
  Sales: 68,
  Visitors: 835,
  PageVisitors: 161,
  Conversion: 364,
  Ts: 1706981205,
};

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function json(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}

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
  "Schema Registry's prefix": [Uint8Array.of(0, 0, 0, 0, 7, 0x7b, 0x7d), "schema-registry-prefix"],
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
  "a Ts as text": [withField("Ts", '"1706981205"'), "wrong-type", "Ts", 'text "1706981205"'],
  "a Ts as ISO text": [
    withField("Ts", '"2024-02-03T17:26:45Z"'),
    "looks-like-iso-text",
    "Ts",
    'text "2024-02-03T17:26:45Z"',
  ],
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
  "a Ts in microseconds": [withField("Ts", "1706981205000000"), "looks-like-microseconds", "Ts"],
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

test("the fields are those of the stored definition", () => {
  expect(socmedEvent.fields).toEqual(socmedData.fields);
  expect(socmedEvent.unportable).toBeUndefined();
  expect(Object.keys(socmedSchema.shape)).toEqual(Object.keys(deckEvent));
});

test("writes the deck's event as the deck has it on the wire", () => {
  expect(new TextDecoder().decode(encode(deckEvent))).toBe(
    '{"ID":"352ed520-03fb-4933-9d2f-38019883650d","Kota":"Bekasi","Sosial_Media":"Instagram","Usage_Count":849,' +
      '"Sales":68,"Visitors":835,"PageVisitors":161,"Conversion":364,"Ts":1706981205}',
  );
});

test("ids of any version are taken, and lower-cased", () => {
  for (const ID of ["FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "00000000-0000-0000-0000-000000000000"]) {
    expect(decode(json({ ...deckEvent, ID }))).toStrictEqual({
      ok: true,
      event: { ...deckEvent, ID: ID.toLowerCase() },
    });
  }
});

test("names are trimmed of every white space of JavaScript, and then measured in code units", () => {
  const name = "\ud83d\udca9".repeat(MAX_NAME_LENGTH / 2);
  const padded = { ...deckEvent, Kota: `\ufeff\u00a0\u2003${name}\u3000\r\n` };
  expect(decode(json(padded))).toStrictEqual({ ok: true, event: { ...deckEvent, Kota: name } });
  expect(decode(json({ ...deckEvent, Kota: `${name}a` }))).toMatchObject({ rejection: { reason: "too-long" } });
});

test("counters and Ts are taken up to their bounds", () => {
  const largest = { Usage_Count: MAX_COUNT, Sales: MAX_COUNT, Visitors: MAX_COUNT, PageVisitors: MAX_COUNT };
  const event = { ...deckEvent, ...largest, Conversion: MAX_COUNT, Ts: MAX_TS };
  expect(decode(encode(event))).toStrictEqual({ ok: true, event });
  expect(new Date(MAX_TS * 1000).toISOString()).toBe("9999-12-31T23:59:59.000Z");
});
