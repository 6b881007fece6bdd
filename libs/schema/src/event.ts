import { z } from "zod";
import { isStorableText } from "./storable-text.js";

/** Largest counter: Postgres's int4. */
export const MAX_COUNT = 2_147_483_647;

/** Largest Ts in epoch seconds: 9999-12-31T23:59:59Z. */
export const MAX_TS = 253_402_300_799;

/** Longest city or platform name, in UTF-16 code units after trimming (at most 300 bytes of UTF-8). */
export const MAX_NAME_LENGTH = 100;

/** 8-4-4-4-12 hexadecimal digits, either case, any version and variant: what Postgres's uuid takes. */
export const UUID_SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

// Not `.max`, which counts code points in some versions of zod and code units in others.
const name = z
  .string()
  .trim()
  .min(1)
  .refine((text) => text.length <= MAX_NAME_LENGTH, `Too long: more than ${MAX_NAME_LENGTH} UTF-16 code units`)
  .refine(isStorableText, "Invalid text: a NUL or a lone surrogate");

// Adding 0 turns -0, which JSON.parse can give, into 0.
const integerUpTo = (max: number) =>
  z
    .int()
    .min(0)
    .max(max)
    .overwrite((value) => value + 0);

/**
 * The event on the wire, and the source of truth for what one is. Keys are in wire order; unknown keys are dropped.
 *
 * ID is lower-cased; Kota (city) and Sosial_Media (platform) are trimmed as `String.prototype.trim` does; counters are
 * integers 0..2147483647; Ts is the event time in epoch **seconds**, 0..253402300799.
 */
export const eventSchema = z.object({
  ID: z.string().regex(UUID_SHAPE).toLowerCase(),
  Kota: name,
  Sosial_Media: name,
  Usage_Count: integerUpTo(MAX_COUNT),
  Sales: integerUpTo(MAX_COUNT),
  Visitors: integerUpTo(MAX_COUNT),
  PageVisitors: integerUpTo(MAX_COUNT),
  Conversion: integerUpTo(MAX_COUNT),
  Ts: integerUpTo(MAX_TS),
});

/** One checked and cleaned event, by its wire keys. */
export type SocmedEvent = z.infer<typeof eventSchema>;

/** A wire key. */
export type EventField = keyof SocmedEvent;

/** The wire keys, in wire order. */
export const eventFields = [
  "ID",
  "Kota",
  "Sosial_Media",
  "Usage_Count",
  "Sales",
  "Visitors",
  "PageVisitors",
  "Conversion",
  "Ts",
] as const satisfies readonly EventField[];

/** The wire keys that hold counts, in wire order. */
export const counterFields = [
  "Usage_Count",
  "Sales",
  "Visitors",
  "PageVisitors",
  "Conversion",
] as const satisfies readonly EventField[];

/** A wire key that holds a count. */
export type CounterField = (typeof counterFields)[number];
