/** Generated definitions: zod objects with values for them, and what zod makes of the same values. */
import * as fc from "fast-check";
import { z } from "zod";
import { count, decimal, int64, integer, text, time, uuid } from "@tidemark/schema";

/** A field: its schema, and values of the wire that it takes often. */
export interface GeneratedField {
  readonly schema: z.ZodType;
  readonly good: fc.Arbitrary<unknown>;
}

const plain = fc.string({ unit: fc.constantFrom(..."abcXYZ 09-_é小"), maxLength: 12 });
const iso = fc
  .tuple(
    fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }),
    fc.constantFrom("Z", "+07:00"),
  )
  .map(([date, zone]) => date.toISOString().replace("Z", zone));

// Lengths are measured by functions: zod counts code points, and a definition UTF-16 code units.
const fields: Readonly<Record<string, GeneratedField>> = {
  text: { schema: text({ max: 10 }), good: plain },
  "any text": { schema: z.string(), good: plain },
  "lower-case text": { schema: z.string().trim().toLowerCase().min(1), good: plain },
  "upper-case text with a pattern": {
    schema: z
      .string()
      .toUpperCase()
      .regex(/^[A-Z0-9]+$/),
    good: plain,
  },
  prefix: { schema: z.string().startsWith("a"), good: plain.map((rest) => `a${rest}`) },
  email: { schema: z.email(), good: fc.emailAddress() },
  "a UUID": { schema: uuid(), good: fc.uuid() },
  "an RFC UUID": { schema: z.uuid().toLowerCase(), good: fc.uuid({ version: [1, 4, 7] }) },
  "a UUID of version 4": { schema: z.uuidv4().toLowerCase(), good: fc.uuid() },
  count: { schema: count(), good: fc.nat() },
  "a signed integer": { schema: z.int().min(-50).lt(50), good: fc.integer({ min: -50, max: 49 }) },
  "a safe integer": { schema: z.int(), good: fc.maxSafeInteger() },
  "int32 above 0": { schema: z.int32().positive(), good: fc.integer({ min: 1 }) },
  "integer with bounds": { schema: integer({ min: 3, max: 9 }), good: fc.integer({ min: 3, max: 9 }) },
  double: {
    schema: z.number(),
    good: fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer().map((n) => n / 100),
    ),
  },
  "a double with bounds": { schema: z.number().gt(-1).lte(1), good: fc.double({ min: -1, max: 1, noNaN: true }) },
  boolean: { schema: z.boolean(), good: fc.boolean() },
  enum: { schema: z.enum(["open", "paid", "späť"]), good: fc.constantFrom("open", "paid", "späť") },
  literal: { schema: z.literal(["a", "b"]), good: fc.constantFrom("a", "b") },
  seconds: { schema: time("s"), good: fc.integer({ min: 0, max: 253_402_300_799 }) },
  microseconds: { schema: time("us"), good: fc.maxSafeNat() },
  "ISO time": { schema: time("iso"), good: iso },
  "ISO time in UTC": { schema: z.iso.datetime(), good: iso },
  "ISO time with milliseconds": { schema: z.iso.datetime({ precision: 3, offset: true }), good: iso },
  date: { schema: z.iso.date(), good: iso.map((value) => value.slice(0, 10)) },
  "64 bits": {
    schema: int64(),
    good: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), fc.integer()),
  },
  decimal: {
    schema: decimal({ precision: 6, scale: 2 }),
    good: fc.integer({ min: -999_999, max: 999_999 }).map((n) => (n / 100).toFixed(2)),
  },
  "an array of texts": { schema: z.array(z.string()), good: fc.array(plain, { maxLength: 3 }) },
  "an array of counts": { schema: z.array(count()), good: fc.array(fc.nat(), { maxLength: 3 }) },
  json: { schema: z.unknown(), good: fc.jsonValue({ maxDepth: 2 }) },
  // zod is asked about these.
  refined: { schema: z.string().refine((value) => value.length % 2 === 0), good: plain.map((value) => value + value) },
  multiple: { schema: z.int().multipleOf(5), good: fc.integer({ min: -100, max: 100 }).map((n) => n * 5) },
  union: { schema: z.union([z.int(), z.string()]), good: fc.oneof(fc.integer(), plain) },
  object: {
    schema: z.object({ a: z.int(), b: z.string().optional() }),
    good: fc.record({ a: fc.integer(), b: plain, c: plain }),
  },
  transformed: { schema: z.string().transform((value) => value.length), good: plain },
  "minimum before trim": { schema: z.string().min(3).trim(), good: plain },
};

type Wrapping = (field: GeneratedField) => GeneratedField;
const wrappings: Readonly<Record<string, Wrapping>> = {
  none: (field) => field,
  nullable: ({ schema, good }) => ({ schema: schema.nullable(), good: fc.option(good) }),
  optional: ({ schema, good }) => ({ schema: schema.optional(), good: fc.option(good, { nil: undefined }) }),
  nullish: ({ schema, good }) => ({ schema: schema.nullish(), good: fc.oneof(good, fc.constantFrom(null, undefined)) }),
};

const names = ["id", "shop", "constructor", "toString", "a b", "größe", 'x"y', "order-no", "n,m", "k:v", "\\", "at"];
export const fieldKinds: readonly string[] = Object.keys(fields);

export interface GeneratedEvent {
  readonly schema: z.ZodObject;
  /** Values of the wire: most of them make events. */
  readonly value: Record<string, unknown>;
}

/** A definition of one to five fields of any kinds, among which those given, and a value for it. */
export function generatedEvent(kinds?: readonly string[]): fc.Arbitrary<GeneratedEvent> {
  return generatedEvents(1, kinds).map(({ schema, values: [value = {}] }) => ({ schema, value }));
}

/** As `generatedEvent`, with one to so many values. */
export function generatedEvents(
  most: number,
  kinds: readonly string[] = fieldKinds,
): fc.Arbitrary<Pick<GeneratedEvent, "schema"> & { readonly values: readonly GeneratedEvent["value"][] }> {
  const chosen = fc.tuple(fc.constantFrom(...kinds), fc.constantFrom(...Object.keys(wrappings)));
  return fc
    .tuple(fc.array(chosen, { minLength: 1, maxLength: 5 }), fc.shuffledSubarray(names, { minLength: 5, maxLength: 5 }))
    .chain(([picks, keys]) => {
      const made = picks.map(([kind, wrapping], index) => {
        const field = (wrappings[wrapping] as Wrapping)(fields[kind] as GeneratedField);
        return [keys[index] as string, field] as const;
      });
      const schema = z.object(Object.fromEntries(made.map(([key, field]) => [key, field.schema])));
      const value = fc.record(Object.fromEntries(made.map(([key, { good }]) => [key, good])), {
        noNullPrototype: true,
      });
      return fc.array(value, { minLength: 1, maxLength: most }).map((values) => ({ schema, values }));
    });
}
