import { defineEvent, type Field, type FieldType } from "@tidemark/schema";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createDecode, timeMsOf } from "../../src/oracle/index.js";
import { encode } from "./small-log.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

function decodeValue(type: FieldType, json: string, more: Partial<Field> = {}): unknown {
  const decode = createDecode([{ name: "a", type, nullable: false, optional: false, ...more }]);
  const result = decode(bytesOf(json === "" ? "{}" : `{"a":${json}}`));
  if ("event" in result) return result.event["a"];
  expect(result.field).toBe("a");
  return `(${result.reason})`;
}

describe("a value that is no event as a whole", () => {
  const decode = createDecode([]);
  it.each([
    ["tombstone", null],
    ["too-large", new Uint8Array(65_537)],
    ["schema-registry-prefix", Uint8Array.of(0, 0, 0, 0, 1)],
    ["not-json", Uint8Array.of(0, 0, 0, 0)],
    ["byte-order-mark", Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
    ["not-utf8", Uint8Array.of(0x7b, 0xff, 0x7d)],
    ["not-utf8", Uint8Array.of(0xed, 0xa0, 0x80)],
    ["not-json", new Uint8Array(0)],
    ["not-json", bytesOf("{")],
    ["not-an-object", bytesOf("[]")],
    ["not-an-object", bytesOf("null")],
    ["not-an-object", bytesOf("1")],
  ])("is %s", (reason, bytes) => {
    expect(decode(bytes)).toEqual({ reason, field: null });
  });

  it("is none that is an object, whatever else is in it", () => {
    expect(decode(bytesOf(' {"b":1} '))).toEqual({ event: {} });
  });
});

describe("a field", () => {
  const text: FieldType = {
    kind: "text",
    trim: true,
    minLength: 2,
    maxLength: 3,
    pattern: { source: "^a", flags: "i" },
  };
  const seconds: FieldType = { kind: "time", unit: "s", min: 0, max: 253_402_300_799 };
  const ms: FieldType = { kind: "time", unit: "ms", min: 0, max: 253_402_300_799_999 };
  const iso: FieldType = { kind: "time", unit: "iso" };
  const decimal: FieldType = { kind: "decimal", precision: 5, scale: 2 };
  const bounded: FieldType = { kind: "double", exclusiveMin: 0, max: 1 };

  it.each<readonly [FieldType, string, unknown]>([
    [text, '" abc "', "abc"],
    [text, '"  "', "(empty)"],
    [text, '"a "', "(too-short)"],
    [text, '"abcd"', "(too-long)"],
    [text, '"a\\u0000"', "(invalid-text)"],
    [text, '"\\ud800b"', "(invalid-text)"],
    [text, '"\\ud83d\\ude00"', "(invalid-format)"],
    [text, '"bc"', "(invalid-format)"],
    [text, "1", "(wrong-type)"],
    [text, "null", "(wrong-type)"],
    [text, "", "(missing-field)"],
    [{ kind: "text", letterCase: "upper" }, '"aß"', "ASS"],
    [{ kind: "uuid" }, '"ABCDEF00-0000-4000-8000-00000000000F"', "abcdef00-0000-4000-8000-00000000000f"],
    [{ kind: "uuid" }, '"abcdef00-0000-4000-8000-00000000000g"', "(not-a-uuid)"],
    [{ kind: "integer", min: -5, max: 5 }, "-0", 0],
    [{ kind: "integer", min: -5, max: 5 }, "1.5", "(not-an-integer)"],
    [{ kind: "integer", min: -5, max: 5 }, "6", "(out-of-range)"],
    [{ kind: "integer", min: -5, max: 5 }, "1e400", "(out-of-range)"],
    [{ kind: "integer", min: -5, max: 5 }, '"1"', "(wrong-type)"],
    [bounded, "0", "(out-of-range)"],
    [bounded, "1", 1],
    [{ kind: "double" }, "-1e400", "(out-of-range)"],
    [{ kind: "boolean" }, "true", true],
    [{ kind: "boolean" }, "0", "(wrong-type)"],
    [{ kind: "enum", values: ["a"] }, '"a"', "a"],
    [{ kind: "enum", values: ["a"] }, '"b"', "(not-allowed)"],
    [seconds, "253402300799", 253_402_300_799],
    [seconds, "253402300800", "(looks-like-milliseconds)"],
    [seconds, "1700000000000", "(looks-like-milliseconds)"],
    [seconds, "1700000000000000", "(looks-like-microseconds)"],
    [seconds, "-1", "(out-of-range)"],
    [seconds, '"2024-02-03T17:00:00Z"', "(looks-like-iso-text)"],
    [seconds, '"now"', "(wrong-type)"],
    [ms, "1700000000000000", "(looks-like-microseconds)"],
    [iso, '"2024-02-29T17:00:00.123456789+07:00"', "2024-02-29T17:00:00.123456789+07:00"],
    [iso, '"2023-02-29T17:00:00Z"', "(invalid-format)"],
    [iso, '"2024-02-29T17:00:00"', "(invalid-format)"],
    [iso, "1700000000", "(wrong-type)"],
    [{ kind: "date" }, '"2024-02-29"', "2024-02-29"],
    [{ kind: "date" }, '"2024-02-30"', "(invalid-format)"],
    [{ kind: "date" }, '"0000-02-28"', "(invalid-format)"],
    [{ kind: "bigint" }, '"9223372036854775807"', 9_223_372_036_854_775_807n],
    [{ kind: "bigint" }, '"9223372036854775808"', "(out-of-range)"],
    [{ kind: "bigint" }, "-7", -7n],
    [{ kind: "bigint" }, "9007199254740992", "(out-of-range)"],
    [{ kind: "bigint" }, '"0x7"', "(invalid-format)"],
    [decimal, '"-012.50"', "-012.50"],
    [decimal, '"1000"', "(too-many-digits)"],
    [decimal, '"1.005"', "(too-many-digits)"],
    [decimal, '"1e2"', "(invalid-format)"],
    [decimal, "1", "(wrong-type)"],
    [{ kind: "array", of: { kind: "integer", min: 0, max: 5 } }, "[1,2]", [1, 2]],
    [{ kind: "array", of: { kind: "integer", min: 0, max: 5 } }, "[1,9]", "(out-of-range)"],
    [{ kind: "array", of: { kind: "integer", min: 0, max: 5 } }, "[null]", "(wrong-type)"],
    [{ kind: "array", of: { kind: "integer", min: 0, max: 5 } }, "{}", "(wrong-type)"],
    [{ kind: "json" }, '{"b":[1,"x"]}', { b: [1, "x"] }],
    [{ kind: "json" }, '{"b":"\\u0000"}', "(invalid-text)"],
    [{ kind: "json" }, '{"b":1e999}', "(out-of-range)"],
  ])("of type %j reads %s", (type, json, expected) => {
    expect(decodeValue(type, json)).toEqual(expected);
  });

  it("may be null, may be missing, and may have a value that stands for a missing key", () => {
    const type: FieldType = { kind: "boolean" };
    expect(decodeValue(type, "null", { nullable: true })).toBeNull();
    expect(decodeValue(type, "", { optional: true })).toBeNull();
    expect(decodeValue(type, "", { default: true })).toBe(true);
    expect(decodeValue(type, "null", { default: true })).toBe("(wrong-type)");
  });

  it("gives the reason where it is the first wrong one", () => {
    const type: FieldType = { kind: "boolean" };
    const decode = createDecode(["a", "b"].map((name) => ({ name, type, nullable: false, optional: false })));
    expect(decode(bytesOf('{"b":1,"a":2}'))).toEqual({ reason: "wrong-type", field: "a" });
    expect(decode(bytesOf('{"b":1,"a":true}'))).toEqual({ reason: "wrong-type", field: "b" });
  });
});

it("an event's time is whole ms, rounded down", () => {
  expect(timeMsOf(5, "s")).toBe(5_000);
  expect(timeMsOf(-1, "us")).toBe(-1);
  expect(timeMsOf(1_999, "us")).toBe(1);
  expect(timeMsOf("1969-12-31T23:59:59.9999+00:00", "iso")).toBe(-1);
  expect(timeMsOf("2024-02-03T17:00:00.1239+07:00", "iso")).toBe(Date.UTC(2024, 1, 3, 10, 0, 0, 123));
});

/** An event of every kind of field that a zod object describes without checks of its own. */
const event = defineEvent(
  z.object({
    text: z.string().trim().toLowerCase().min(1).max(5),
    plain: z.string().nullable(),
    uuid: z.guid(),
    integer: z.int().min(-5).max(1_000),
    double: z.number().gt(-1),
    flag: z.boolean().optional(),
    choice: z.enum(["a", "b"]).default("a"),
    day: z.iso.date().nullable(),
    tags: z.array(z.string().max(3)).optional(),
    any: z.any(),
    at: z.iso.datetime({ offset: true }),
  }),
  { time: { field: "at", unit: "iso" } },
);

describe("beside the pipeline's own decoder", () => {
  const good = {
    text: " Ab ",
    plain: null,
    uuid: "ABCDEF00-0000-4000-8000-00000000000F",
    integer: 7,
    double: 0.5,
    flag: true,
    choice: "b",
    day: "2024-02-29",
    tags: ["x"],
    any: { deep: [1] },
    at: "2024-02-03T17:00:00.25+07:00",
  };
  const odd = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, "", " ", "\0", "\ud800", "A", "abcdef", "2024-02-30", "2024-02-03", -0),
    fc.constantFrom<unknown>(
      1,
      1.5,
      -6,
      1e21,
      1_700_000_000_000,
      true,
      "a",
      "c",
      [],
      ["abcd"],
      [null],
      {},
      { a: "\0" },
    ),
    fc.constantFrom<unknown>("2024-02-03T17:00:00Z", "2024-02-03T24:00:00Z", "2024-02-03T17:00:00.1234567890Z"),
    fc.jsonValue(),
  );
  const changes = fc.dictionary(fc.constantFrom(...Object.keys(good)), odd, { maxKeys: 2 });
  const decode = createDecode(event.fields);

  it("says the same of odd values in any field", () => {
    const reasons = new Set<string>();
    fc.assert(
      fc.property(changes, (changed) => {
        const bytes = encode({ ...good, ...changed });
        const theirs = event.decode(bytes);
        const ours = decode(bytes);
        if (!theirs.ok) reasons.add(theirs.rejection.reason);
        expect(ours).toEqual(asOurs(theirs));
      }),
      { numRuns: 3_000 },
    );
    expect(reasons.size).toBeGreaterThan(8);
  });

  it("says the same of bytes that are cut or changed anywhere", () => {
    const whole = encode(good);
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), (end, at, byte) => {
        const bytes = Uint8Array.from(whole);
        bytes[at] = byte;
        const cut = bytes.subarray(0, end === 0 ? whole.length : end);
        const theirs = event.decode(cut);
        const ours = decode(cut);
        expect(ours).toEqual(asOurs(theirs));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** What the decoder of the library says, in the oracle's form. */
function asOurs(decoded: ReturnType<typeof event.decode>): ReturnType<ReturnType<typeof createDecode>> {
  if (decoded.ok) return { event: { ...emptyEvent, ...decoded.event } };
  const { reason, field } = decoded.rejection;
  return { reason, field };
}

/** A row has null where an event has no value. */
const emptyEvent = Object.fromEntries(event.fields.map(({ name }) => [name, null]));
