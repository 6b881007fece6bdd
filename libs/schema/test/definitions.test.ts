import { expect, test } from "vitest";
import { z } from "zod";
import {
  columnTypeOf,
  count,
  decimal,
  defineEvent,
  int64,
  integer,
  SchemaError,
  text,
  time,
  uuid,
  type EventOptions,
  type SchemaErrorCode,
} from "@tidemark/schema";

const described: Readonly<Record<string, readonly [schema: z.ZodType, column: string]>> = {
  text: [text({ max: 100 }), "text"],
  "text with a pattern": [z.string().trim().toUpperCase().min(2).regex(/^A/i), "text"],
  email: [z.email(), "text"],
  "a UUID": [uuid(), "uuid"],
  "zod's UUID": [z.uuid(), "uuid"],
  count: [count(), "integer"],
  "a signed integer of 32 bits": [z.int32(), "integer"],
  "a safe integer": [z.int(), "bigint"],
  "a bounded integer": [z.number().int().positive().lt(10), "integer"],
  double: [z.number().gt(0).max(1), "double precision"],
  boolean: [z.boolean().default(false), "boolean"],
  enum: [z.enum(["a", "b"]), "text"],
  "literals in a union": [z.union([z.literal("a"), z.literal("b"), z.null()]), "text"],
  "a time in ms": [time("ms"), "timestamp with time zone"],
  "an ISO time": [z.iso.datetime({ offset: true }), "timestamp with time zone"],
  date: [z.iso.date().nullish(), "date"],
  "64 bits": [int64(), "bigint"],
  decimal: [decimal({ precision: 10, scale: 2 }), "numeric(10, 2)"],
  "an array of texts": [z.array(z.string()), "text[]"],
  "an array of decimals": [z.array(decimal({ precision: 4, scale: 1 })), "numeric(4, 1)[]"],
  json: [z.unknown(), "jsonb"],
  "a schema with a description": [count().describe("how many"), "integer"],
};

test.each(Object.entries(described))("describes %s exactly, and names its column", (_name, [schema, column]) => {
  const codec = defineEvent(z.object({ field: schema }));
  expect(codec.unportable).toBeUndefined();
  expect(codec.fields.map(columnTypeOf)).toEqual([column]);
  expect(JSON.parse(JSON.stringify(codec.fields))).toEqual(codec.fields);
});

const beyond: Readonly<Record<string, readonly [schema: z.ZodType, column: string, reason: string]>> = {
  "a custom check": [z.string().refine((value) => value !== "x"), "text", "checks of its own"],
  "a step": [z.int().multipleOf(5), "bigint", "multipleOf"],
  "a transformation": [z.string().transform((value) => value.length), "jsonb", "a transformation"],
  "a transformation into a type": [z.string().transform(Number).pipe(z.int32()), "integer", "a transformation"],
  coercion: [z.coerce.number(), "double precision", "coercion"],
  "a minimum before trim": [z.string().min(2).trim(), "text", "trim after a check"],
  "a URL": [z.url(), "text", "the format url"],
  "two patterns": [z.string().startsWith("a").endsWith("z"), "text", "more than one pattern"],
  "an array with a length": [z.array(z.string()).min(1), "text[]", "checks of its own"],
  "an object": [z.object({ a: z.int() }), "jsonb", "z.object() within the event"],
  "a record": [z.record(z.string(), z.int()), "jsonb", "z.record() within the event"],
  "a union": [z.union([z.int(), z.string()]), "jsonb", "z.union()"],
  catch: [z.int32().catch(0), "integer", "z.catch()"],
};

test.each(Object.entries(beyond))(
  "says that %s is beyond the description, and why",
  (_name, [schema, column, reason]) => {
    const codec = defineEvent(z.object({ first: z.string(), field: schema }));
    expect(codec.unportable).toEqual({ field: "field", reason });
    expect(columnTypeOf(codec.fields[1] as (typeof codec.fields)[number])).toBe(column);
  },
);

test("checks of the whole event, and refused unknown keys, are beyond the description", () => {
  const between = z.object({ from: z.int(), to: z.int() }).refine(({ from, to }) => from <= to, "from before to");
  const codec = defineEvent(between);
  expect(codec.unportable).toEqual({ field: null, reason: "checks of the event as a whole" });
  const bytes = (value: object) => new TextEncoder().encode(JSON.stringify(value));
  expect(codec.decode(bytes({ from: 1, to: 2, more: 3 }))).toStrictEqual({ ok: true, event: { from: 1, to: 2 } });
  expect(codec.decode(bytes({ from: 3, to: 2 }))).toMatchObject({
    rejection: { reason: "invalid", field: null, expected: "from before to" },
  });
  const strict = defineEvent(z.strictObject({ a: z.int() }));
  expect(strict.unportable).toEqual({ field: null, reason: "unknown keys are refused" });
  expect(strict.decode(bytes({ a: 1, b: 2 }))).toMatchObject({ ok: false, rejection: { reason: "invalid" } });
});

test("a check that throws gives a rejection", () => {
  const codec = defineEvent(
    z.object({
      a: z.string().refine(() => {
        throw new Error("no such table");
      }),
    }),
  );
  expect(codec.decode(new TextEncoder().encode('{"a":"x"}'))).toMatchObject({
    rejection: { reason: "invalid", field: "a" },
  });
});

const object = z.object({ at: z.int(), note: z.string().optional(), text: z.string() });
type Definition = readonly [
  schema: z.ZodObject,
  options: EventOptions<z.ZodObject>,
  code: SchemaErrorCode,
  words: RegExp,
];
const wrong: Readonly<Record<string, Definition>> = {
  "no object": [z.array(z.string()) as unknown as z.ZodObject, {}, "not-an-object", /z\.object/],
  "no fields": [z.object({}), {}, "not-an-object", /at least one field/],
  "unknown keys that are kept": [z.looseObject({ a: z.int() }), {}, "not-an-object", /z\.strictObject/],
  "a name of digits": [z.object({ "7": z.int() }), {}, "wrong-name", /"7": .*digits/],
  "an empty name": [z.object({ "": z.int() }), {}, "wrong-name", /empty/],
  "a Date": [z.object({ day: z.date() }), {}, "unsupported-type", /"day": z\.date\(\)/],
  "a bigint": [z.object({ serial: z.bigint() }), {}, "unsupported-type", /"serial": .*int64\(\)/],
  "a Map": [z.object({ map: z.map(z.string(), z.int()) }), {}, "unsupported-type", /"map": z\.map\(\)/],
  "bounds without an integer": [z.object({ n: z.int().min(5).max(4) }), {}, "wrong-bounds", /"n": .*5\.\.4/],
  "a default that is refused": [z.object({ n: count().default(-1) }), {}, "wrong-default", /"n": its default -1/],
  "a default with NUL": [z.object({ n: z.string().default("\0") }), {}, "wrong-default", /"n"/],
  "a value with a lone surrogate": [z.object({ n: z.enum(["\ud800"]) }), {}, "unsupported-type", /surrogate/],
  "a time that is no field": [object, { time: { field: "When", unit: "s" } }, "wrong-time", /"When": .*at, note, text/],
  "a time that is optional": [object, { time: { field: "note", unit: "iso" } }, "wrong-time", /"note": .*optional/],
  "a time of another unit": [
    z.object({ at: time("ms") }),
    { time: { field: "at", unit: "s" } },
    "wrong-unit",
    /"s" .*"ms"/,
  ],
  "ISO text that any text is": [object, { time: { field: "text", unit: "iso" } }, "wrong-time", /z\.iso\.datetime/],
  "an integer for ISO text": [object, { time: { field: "at", unit: "iso" } }, "wrong-unit", /"at": .*"iso"/],
  "a text for integers": [
    object,
    { time: { field: "text", unit: "ms" } },
    "wrong-time",
    /an integer, or ISO 8601 text/,
  ],
  "an unknown unit": [object, { time: { field: "at", unit: "min" as "s" } }, "wrong-unit", /"min" .*"ms"/],
};

test.each(Object.entries(wrong))("refuses a definition with %s", (_name, [schema, options, code, words]) => {
  const define = () => defineEvent(schema, options);
  expect(define).toThrow(SchemaError);
  expect(define).toThrow(expect.objectContaining({ code, message: expect.stringMatching(words) as string }));
  // One sentence, and a phrase that others can put into theirs.
  expect(define).toThrow(expect.objectContaining({ message: expect.stringMatching(/[^.]\.$/) as string }));
  expect(define).toThrow(expect.objectContaining({ allowed: expect.stringMatching(/^[^A-Z].*[^.]$/) as string }));
});

test("refuses wrong bounds of the schemas of this library", () => {
  for (const define of [
    () => text({ min: 3, max: 2 }),
    () => text({ max: 1.5 }),
    () => integer({ min: 0, max: Number.NaN }),
    () => decimal({ precision: 2, scale: 3 }),
    () => decimal({ precision: 0, scale: 0 }),
  ]) {
    expect(define).toThrow(expect.objectContaining({ code: "wrong-bounds" }));
  }
});

test("the JSON Schema tells writers what is taken", () => {
  const codec = defineEvent(
    z.object({
      shop: text({ max: 9 }),
      serial: int64().optional(),
      price: decimal({ precision: 4, scale: 2 }),
      at: time("s"),
    }),
  );
  expect(codec.jsonSchema).toMatchObject({
    type: "object",
    required: ["shop", "price", "at"],
    properties: {
      shop: { type: "string", minLength: 1, maxLength: 9, pattern: "\\S" },
      serial: { anyOf: [{ type: "string", pattern: "^-?\\d+$" }, { type: "integer" }] },
      price: { type: "string", pattern: "^-?\\d{1,2}(\\.\\d{1,2})?$" },
      at: { type: "integer", minimum: 0, maximum: 253_402_300_799 },
    },
  });
});
