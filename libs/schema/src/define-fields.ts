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
    throw new SchemaError("not-an-object", null, "An event is a z.object({ … }).", "a z.object({ … })");
  const { catchall, shape } = object._zod.def;
  if (catchall !== undefined && catchall._zod.def.type !== "never") {
    const message = "An event keeps no unknown keys: use z.object, which drops them, or z.strictObject.";
    const allowed = "z.object, which drops unknown keys, or z.strictObject, which refuses them";
    throw new SchemaError("not-an-object", null, message, allowed);
  }
  const names = Object.keys(shape);
  if (names.length === 0)
    throw new SchemaError(
      "not-an-object",
      null,
      "An event has at least one field.",
      "a z.object with one or more fields",
    );
  if (time !== undefined && !Object.hasOwn(shape, time.field)) {
    const message = `the event has no such field to hold its time. It has ${names.join(", ")}.`;
    throw new SchemaError("wrong-time", time.field, message, `a field of the event (${names.join(", ")})`);
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
      "values without NUL and lone surrogates, which Postgres cannot hold",
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
    if (error instanceof SchemaError && error.field === null) {
      throw new SchemaError(error.code, name, error.message, error.allowed);
    }
    throw error;
  }
}

// JavaScript puts keys that are array indices before all others, and `__proto__` is no ordinary key.
function requireName(name: string): void {
  if (name !== "" && name !== "__proto__" && !/^\d+$/.test(name) && isStorableText(name)) return;
  const allowed = "text that is neither empty, nor digits alone, nor __proto__";
  throw new SchemaError("wrong-name", name, `the name of a field is ${allowed}.`, allowed);
}

function defaultOf(name: string, type: FieldType, value: unknown): string | number | boolean {
  const taken = createTake(type)(value);
  if (typeof taken === "string" || typeof taken === "number" || typeof taken === "boolean") return taken;
  const message = `its default ${JSON.stringify(value)} is no value that it takes.`;
  throw new SchemaError(
    "wrong-default",
    name,
    message,
    `a default that the field takes, unlike ${JSON.stringify(value)}`,
  );
}

function timeTypeOf({ field, unit }: EventTime, { type, nullable, optional, default: value }: Description): FieldType {
  if (nullable === true || optional === true || value !== undefined) {
    const message = "an event's time is neither optional nor nullable, and has no default.";
    throw new SchemaError("wrong-time", field, message, "a field that is never null or missing, and has no default");
  }
  const own = type.kind === "time" ? type.unit : undefined;
  if (own === undefined && type.kind !== "integer") {
    const allowed = 'an integer, or ISO 8601 text of z.iso.datetime() or time("iso")';
    throw new SchemaError("wrong-time", field, `an event's time is ${allowed}.`, allowed);
  }
  if (unit === "iso" && own === "iso") return type;
  const bounds = unit !== "iso" && Object.hasOwn(timeBounds, unit) ? timeBounds[unit] : undefined;
  if (bounds === undefined || (own !== undefined && own !== unit)) {
    const fitting = own === undefined ? '"s", "ms" or "us"' : JSON.stringify(own);
    const message = `the unit ${JSON.stringify(unit)} does not fit: the field takes ${fitting}.`;
    const allowed = `${fitting}, as ${JSON.stringify(field)} holds ${own === "iso" ? "ISO 8601 text" : "integers"}`;
    throw new SchemaError("wrong-unit", field, message, allowed);
  }
  const { min = bounds.min, max = bounds.max } = type as { readonly min?: number; readonly max?: number };
  return { kind: "time", unit, min: Math.max(min, bounds.min), max: Math.min(max, bounds.max) };
}
