import { isTextOnWire } from "./column-type.js";
import type { DefinedField } from "./define-fields.js";

/** Makes the function that gives an event's values in wire order, for JSON.stringify: a bigint as text. */
export function createToWire(defined: readonly DefinedField[]): (event: object) => object {
  const fields = defined.map(({ field: { name, type } }) => ({ name, isText: isTextOnWire(type) }));
  return (event) => {
    const wire: Record<string, unknown> = {};
    for (const { name, isText } of fields) {
      const value = (event as Record<string, unknown>)[name];
      wire[name] = isText ? textOnWire(value) : value;
    }
    return wire;
  };
}

/** A bigint as text, also within an array; any other value as it is. */
export function textOnWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(textOnWire);
  return typeof value === "bigint" ? String(value) : value;
}
