import { z } from "zod";
import type { DefinedField } from "./define-fields.js";
import type { FieldType } from "./field.js";

/** A JSON Schema (draft 2020-12) of events on the wire, for those who write them. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** It is zod's, made exact where a field's type says more than zod can tell. */
export function jsonSchemaOf(schema: z.ZodObject, fields: readonly DefinedField[]): JsonSchema {
  const own = new Map<unknown, Record<string, unknown>>();
  for (const { field, schema: fieldSchema, beyond } of fields) {
    const more = beyond === undefined ? wordsOf(field.type) : undefined;
    if (more !== undefined) own.set(innermost(fieldSchema), more);
  }
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const more = own.get(zodSchema);
      if (more === undefined) return;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key as keyof typeof jsonSchema];
      Object.assign(jsonSchema, more);
    },
  });
}

function innermost(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod as { readonly def: { readonly innerType?: z.core.$ZodType } };
  return def.innerType === undefined ? schema : innermost(def.innerType);
}

function wordsOf(type: FieldType): Record<string, unknown> | undefined {
  switch (type.kind) {
    case "text": {
      const { minLength = 0, maxLength, pattern } = type;
      const bounds = { ...(minLength > 1 ? { minLength } : {}), ...(maxLength === undefined ? {} : { maxLength }) };
      const isBlankRefused = minLength > 0 && type.trim === true;
      const source = pattern?.source ?? (isBlankRefused ? "\\S" : undefined);
      return {
        type: "string",
        ...(minLength === 1 ? { minLength } : {}),
        ...bounds,
        ...(source === undefined ? {} : { pattern: source }),
      };
    }
    case "uuid":
      return { type: "string", format: "uuid" };
    case "integer":
      return { type: "integer", minimum: type.min, maximum: type.max };
    case "time":
      if (type.unit === "iso") return { type: "string", format: "date-time" };
      return { type: "integer", minimum: type.min, maximum: type.max };
    case "bigint":
      return { anyOf: [{ type: "string", pattern: "^-?\\d+$" }, { type: "integer" }] };
    case "decimal":
      return {
        type: "string",
        pattern: `^-?\\d{1,${type.precision - type.scale || 1}}${type.scale === 0 ? "" : `(\\.\\d{1,${type.scale}})?`}$`,
      };
    default:
      return undefined;
  }
}
