import type { z } from "zod";
import { describeSchema, type Description, type Schema } from "./describe.js";
import { SchemaError } from "./errors.js";
import type { Field, FieldType, TimeUnit } from "./field.js";
import { isStorableText } from "./storable-text.js";
import { createTake } from "./take.js";
import { timeBounds } from "./time-bounds.js";

/** One field, its zod schema, and why zod must be asked about its values. */
export interface DefinedField {
  readonly field: Field;
  readonly schema: Schema;
  readonly beyond?: string;
}

/** The field that holds the event's time, and its unit. */
export interface EventTime<Name extends string = string> {
  readonly field: Name;
  readonly unit: TimeUnit;
}

/** Describes every field of an object, in its order. It throws a SchemaError for one that no column can hold. */
export function defineFields(object: z.ZodObject, time: EventTime | undefined, ownDecoder: boolean): DefinedField[] {
  if (object?._zod?.def.type !== "object")
    throw new SchemaError("not-an-object", null, "An event is a z.object({ … }).");
  const { catchall, shape } = object._zod.def;
  if (catchall !== undefined && catchall._zod.def.type !== "never") {
    const message = "An event keeps no unknown keys: use z.object, which drops them, or z.strictObject.";
    throw new SchemaError("not-an-object", null, message);
  }
  const names = Object.keys(shape);
  if (names.length === 0) throw new SchemaError("not-an-object", null, "An event has at least one field.");
  if (time !== undefined && !Object.hasOwn(shape, time.field)) {
    const message = `the event has no such field to hold its time. It has ${names.join(", ")}.`;
    throw new SchemaError("wrong-time", time.field, message);
  }
  return names.map((name) =>
    defineField(name, shape[name] as Schema, name === time?.field ? time : undefined, ownDecoder),
  );
}

function defineField(name: string, schema: Schema, time: EventTime | undefined, ownDecoder: boolean): DefinedField {
  requireName(name);
  const description = describeNamed(name, schema, ownDecoder);
  const { nullable = false, optional = false, beyond } = description;
  const type = time === undefined ? description.type : timeTypeOf(time, description);
  if (type.kind === "enum" && !type.values.every(isStorableText)) {
    throw new SchemaError(
      "unsupported-type",
      name,
      "a value has a NUL or a lone surrogate, which Postgres can't hold.",
    );
  }
  const base = { name, type, nullable, optional };
  const field =
    description.default === undefined ? base : { ...base, default: defaultOf(name, type, description.default) };
  return { field, schema, ...(beyond === undefined ? {} : { beyond }) };
}

function describeNamed(name: string, schema: Schema, ownDecoder: boolean): Description {
  try {
    return describeSchema(schema, ownDecoder);
  } catch (error) {
    if (error instanceof SchemaError && error.field === null) throw new SchemaError(error.code, name, error.message);
    throw error;
  }
}

// JavaScript puts keys that are array indices before all others, and `__proto__` is no ordinary key.
function requireName(name: string): void {
  if (name !== "" && name !== "__proto__" && !/^\d+$/.test(name) && isStorableText(name)) return;
  const message = "the name of a field is text that is neither empty, nor digits alone, nor __proto__.";
  throw new SchemaError("wrong-name", name, message);
}

function defaultOf(name: string, type: FieldType, value: unknown): string | number | boolean {
  const taken = createTake(type)(value);
  if (typeof taken === "string" || typeof taken === "number" || typeof taken === "boolean") return taken;
  throw new SchemaError("wrong-default", name, `its default ${JSON.stringify(value)} is no value that it takes.`);
}

function timeTypeOf({ field, unit }: EventTime, { type, nullable, optional, default: value }: Description): FieldType {
  if (nullable === true || optional === true || value !== undefined) {
    throw new SchemaError("wrong-time", field, "an event's time is neither optional nor nullable, and has no default.");
  }
  if (unit === "iso") {
    if (type.kind === "time" && type.unit === "iso") return type;
    throw new SchemaError("wrong-time", field, 'the unit "iso" needs time("iso") or z.iso.datetime().');
  }
  const bounds = Object.hasOwn(timeBounds, unit) ? timeBounds[unit] : undefined;
  const isInteger = type.kind === "integer" || (type.kind === "time" && type.unit === unit);
  if (bounds === undefined || !isInteger) {
    const message = `the unit ${JSON.stringify(unit)} does not fit. Allowed are "s", "ms" and "us" for integers, and "iso" for text.`;
    throw new SchemaError("wrong-time", field, message);
  }
  const { min = bounds.min, max = bounds.max } = type;
  return { kind: "time", unit, min: Math.max(min, bounds.min), max: Math.min(max, bounds.max) };
}
