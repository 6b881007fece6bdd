import type { RejectionReason } from "./rejection.js";
import { isStorableText } from "./storable-text.js";

/** Deepest nesting of a JSON value that is taken. Postgres takes a few thousand levels, depending on its settings. */
export const MAX_JSON_DEPTH = 500;

/** Why Postgres's jsonb cannot hold the value; null where it can. */
export function findJsonFault(value: unknown, depth = 0): RejectionReason | null {
  switch (typeof value) {
    case "string":
      return isStorableText(value) ? null : "invalid-text";
    case "number":
      return Number.isFinite(value) ? null : "out-of-range";
    case "boolean":
      return null;
    case "object":
      return value === null ? null : findFaultWithin(value, depth);
    default:
      return "invalid";
  }
}

function findFaultWithin(value: object, depth: number): RejectionReason | null {
  if (depth >= MAX_JSON_DEPTH) return "invalid";
  if (!Array.isArray(value)) {
    // A Date or a Map is no JSON value: it would come back as another.
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return "invalid";
  }
  for (const [key, member] of Object.entries(value)) {
    const fault = isStorableText(key) ? findJsonFault(member, depth + 1) : "invalid-text";
    if (fault !== null) return fault;
  }
  return null;
}
