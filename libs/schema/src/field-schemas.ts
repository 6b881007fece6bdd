import { z } from "zod";
import { rememberType } from "./describe.js";
import { SchemaError } from "./errors.js";
import { expectedOf } from "./expected.js";
import type { FieldType, TimeUnit } from "./field.js";
import { isStorableText } from "./storable-text.js";
import { createTake } from "./take.js";
import { isIsoTime, timeBounds } from "./time-bounds.js";

/** Largest `count()`, and the largest integer that needs no bigint column: Postgres's int4. */
export const MAX_COUNT = 2_147_483_647;

/**
 * Text that is trimmed as `String.prototype.trim` does and then has `min` (by default 1) to `max` UTF-16 code units, without
 * NUL or lone surrogates.
 */
export function text({ min = 1, max }: { readonly min?: number; readonly max?: number } = {}): z.ZodString {
  requireBounds(min, max ?? Infinity, 0);
  // Not `.min` and `.max`: zod counts code points or code units, depending on its version.
  const schema = z
    .string()
    .trim()
    .refine((value) => value.length >= min, `Too short: fewer than ${min} UTF-16 code units`)
    .refine((value) => value.length <= (max ?? Infinity), `Too long: more than ${max} UTF-16 code units`)
    .refine(isStorableText, "Invalid text: a NUL or a lone surrogate");
  const bounds = { minLength: min, ...(max === undefined ? {} : { maxLength: max }) };
  return rememberType(schema, { kind: "text", trim: true, ...bounds });
}

/** 8-4-4-4-12 hexadecimal digits of either case and any version, lower-cased. */
export function uuid(): z.ZodGUID {
  return rememberType(z.guid().toLowerCase(), { kind: "uuid" });
}

/** A safe integer from `min` to `max`, both included; -0 becomes 0. */
export function integer({ min, max }: { readonly min: number; readonly max: number }): z.ZodInt {
  requireBounds(min, max, Number.MIN_SAFE_INTEGER);
  return rememberType(boundedInteger(min, max), { kind: "integer", min, max });
}

/** An integer from 0 to 2147483647 (`MAX_COUNT`); -0 becomes 0. */
export function count(): z.ZodInt {
  return integer({ min: 0, max: MAX_COUNT });
}

function boundedInteger(min: number, max: number): z.ZodInt {
  return z
    .int()
    .min(min)
    .max(max)
    .overwrite((value) => value + 0);
}

/** An integer of 64 bits: decimal digits as text, or a safe integer on the wire; a bigint in the event. */
export function int64(): z.ZodType<bigint, string | number | bigint> {
  const type: FieldType = { kind: "bigint" };
  const take = createTake(type);
  const schema = z.union([z.string(), z.number(), z.bigint()]).transform((raw, context) => {
    const value = take(raw);
    if (value !== undefined) return value as bigint;
    context.addIssue({ code: "custom", message: expectedOf({ type, nullable: false }) });
    return z.NEVER;
  });
  return rememberType(schema, type);
}

/** Decimal digits as text, at most `precision` of them, at most `scale` after the point. The event holds the text. */
export function decimal({ precision, scale }: { readonly precision: number; readonly scale: number }): z.ZodString {
  requireBounds(1, precision, 1);
  requireBounds(scale, precision, 0);
  const type: FieldType = { kind: "decimal", precision, scale };
  const take = createTake(type);
  const schema = z.string().refine((raw) => take(raw) !== undefined, expectedOf({ type, nullable: false }));
  return rememberType(schema, type);
}

/** A time: an integer of the unit since 1970, up to the year 9999, or ISO 8601 text with seconds and an offset. */
export function time(unit: "s" | "ms" | "us"): z.ZodInt;
export function time(unit: "iso"): z.ZodISODateTime;
export function time(unit: TimeUnit): z.ZodInt | z.ZodISODateTime {
  if (unit === "iso") {
    const schema = z.iso.datetime({ offset: true }).refine(isIsoTime, "A time that Postgres does not take");
    return rememberType(schema, { kind: "time", unit });
  }
  if (!Object.hasOwn(timeBounds, unit)) {
    const message = `time(${JSON.stringify(unit)}): allowed are "s", "ms", "us" and "iso".`;
    throw new SchemaError("wrong-unit", null, message, '"s", "ms", "us" or "iso"');
  }
  const { min, max } = timeBounds[unit];
  return rememberType(boundedInteger(min, max), { kind: "time", unit, min, max });
}

function requireBounds(min: number, max: number, least: number): void {
  const areIntegers = Number.isSafeInteger(min) && (Number.isSafeInteger(max) || max === Infinity);
  if (areIntegers && min >= least && min <= max) return;
  const message = `bounds ${min}..${max}: allowed are integers from ${least}, in order.`;
  throw new SchemaError("wrong-bounds", null, message, `integers from ${least}, in order`);
}
