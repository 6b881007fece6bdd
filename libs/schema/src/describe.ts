import type { z } from "zod";
import { describeNumber } from "./describe-number.js";
import { describeText } from "./describe-text.js";
import { SchemaError } from "./errors.js";
import type { FieldType } from "./field.js";

/** A zod schema as data, as far as that goes. */
export interface Description {
  readonly type: FieldType;
  readonly nullable?: boolean;
  readonly optional?: boolean;
  readonly default?: unknown;
  /** Says what zod checks or changes beside the description, so that decoding has to ask it. */
  readonly beyond?: string;
}

/** A schema of zod with its definition. */
export type Schema = z.core.$ZodType;

// By definition and not by instance: `.describe` and `.meta` give another instance of the same definition.
const described = new WeakMap<object, FieldType>();

/** Remembers the type of a schema whose checks zod cannot tell. */
export function rememberType<S extends Schema>(schema: S, type: FieldType): S {
  described.set(schema._zod.def, type);
  return schema;
}

/** `ownDecoder`: a function of the user's makes the values, so that they may be what JSON has not. */
export function describeSchema(schema: Schema, ownDecoder: boolean): Description {
  const type = described.get(schema._zod.def);
  if (type !== undefined) return { type };
  const description = describeDefinition(schema as z.core.$ZodTypes, ownDecoder);
  if (description.beyond !== undefined || !hasChecks(schema)) return description;
  return { ...description, beyond: "checks of its own" };
}

// Those of text and numbers have been described with them.
function hasChecks({ _zod: { def } }: Schema): boolean {
  return def.type !== "string" && def.type !== "number" && (def.checks?.length ?? 0) > 0;
}

function describeDefinition(schema: z.core.$ZodTypes, ownDecoder: boolean): Description {
  const { def } = schema._zod;
  const inner = (wrapped: Schema): Description => describeSchema(wrapped, ownDecoder);
  switch (def.type) {
    case "string":
      return describeText(def);
    case "number":
      return describeNumber(def);
    case "boolean":
      return { type: { kind: "boolean" }, ...(def.coerce === true ? { beyond: "coercion" } : {}) };
    case "enum":
    case "literal":
      return describeValues([...((schema as Schema)._zod.values ?? [])]);
    case "any":
    case "unknown":
      return { type: { kind: "json" }, nullable: true };
    case "optional":
      return describeOptional(inner(def.innerType));
    case "nullable":
      return { ...inner(def.innerType), nullable: true };
    case "readonly":
      return inner(def.innerType);
    case "default":
      return describeDefault(inner(def.innerType), def.defaultValue);
    case "prefault":
    case "catch":
    case "nonoptional":
      return { ...inner(def.innerType), optional: false, beyond: wordsOf(def.type) };
    case "union":
      return describeUnion(def.options, ownDecoder);
    case "array":
      return describeArray(inner(def.element));
    case "pipe":
      return describePipe(def.out, schema, ownDecoder);
    case "template_literal":
      return { type: { kind: "text" }, beyond: "a template literal" };
    case "object":
    case "record":
    case "tuple":
    case "intersection":
    case "lazy":
    case "custom":
    case "transform":
      return { type: { kind: "json" }, beyond: wordsOf(def.type) };
    case "bigint":
      if (ownDecoder) return { type: { kind: "bigint" } };
      throw unsupported(
        "z.bigint()",
        "JSON has no bigint: use int64() of @tidemark/schema",
        "int64() of @tidemark/schema, as JSON has no bigint",
      );
    default:
      throw unsupported(
        `z.${def.type}()`,
        "no JSON value and no column holds it",
        "a type that JSON and a column can hold",
      );
  }
}

function unsupported(got: string, why: string, allowed: string): SchemaError {
  return new SchemaError("unsupported-type", null, `${got} is not supported, because ${why}.`, allowed);
}

function wordsOf(type: string): string {
  return type === "object" || type === "record" ? `z.${type}() within the event` : `z.${type}()`;
}

function describeOptional(inner: Description): Description {
  return inner.default === undefined ? { ...inner, optional: true } : inner;
}

function describeDefault(inner: Description, value: unknown): Description {
  const { type, nullable = false, beyond } = inner;
  const kept = { type, nullable, ...(beyond === undefined ? {} : { beyond }) };
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return { ...kept, default: value };
  }
  return { ...kept, beyond: beyond ?? "a default that is no text, number or boolean" };
}

function describeValues(values: readonly unknown[]): Description {
  if (isTexts(values)) return { type: { kind: "enum", values } };
  const nullable = values.includes(null);
  const others = values.filter((value) => value !== null);
  const beyond = "literals that are no text";
  if (others.every((value) => typeof value === "boolean")) return { type: { kind: "boolean" }, nullable, beyond };
  if (!others.every((value) => Number.isSafeInteger(value))) return { type: { kind: "json" }, nullable, beyond };
  const numbers = others as number[];
  return { type: { kind: "integer", min: Math.min(...numbers), max: Math.max(...numbers) }, nullable, beyond };
}

function isTexts(values: readonly unknown[]): values is readonly string[] {
  return values.length > 0 && values.every((value) => typeof value === "string");
}

function describeUnion(options: readonly Schema[], ownDecoder: boolean): Description {
  const others = options.filter(({ _zod: { def } }) => def.type !== "null");
  const [only] = others;
  if (others.length === 1 && only !== undefined) return { ...describeSchema(only, ownDecoder), nullable: true };
  const types = others.map((option) => describeSchema(option, ownDecoder));
  const nullable = others.length < options.length || types.some((option) => option.nullable === true);
  const values = types.flatMap(({ type, beyond }): readonly (string | null)[] =>
    type.kind === "enum" && beyond === undefined ? type.values : [null],
  );
  if (isTexts(values)) return { type: { kind: "enum", values: [...new Set(values)] }, nullable };
  const optional = types.some((option) => option.optional === true);
  return { type: { kind: "json" }, nullable, optional, beyond: "z.union()" };
}

function describeArray(element: Description): Description {
  const { type, nullable, optional, default: value, beyond } = element;
  const isScalar = type.kind !== "array" && type.kind !== "json";
  if (!isScalar || nullable === true || optional === true || value !== undefined) {
    return { type: { kind: "json" }, beyond: "an array of other than plain values" };
  }
  return { type: { kind: "array", of: type }, ...(beyond === undefined ? {} : { beyond }) };
}

// The event holds what comes out at the end, and only a schema there can tell its type.
function describePipe(out: Schema, pipe: Schema, ownDecoder: boolean): Description {
  const optional = pipe._zod.optin === "optional";
  if (out._zod.def.type === "transform") {
    return { type: { kind: "json" }, nullable: true, optional: true, beyond: "a transformation" };
  }
  const { type, nullable = false, optional: absent = false } = describeSchema(out, ownDecoder);
  return { type, nullable, optional: optional || absent, beyond: "a transformation" };
}
