import { refuseDefinition } from "./errors.js";

/** Event times lie within ±MAX_TIME_MS, as a Date's do, so that with three durations added they are still exact integers. */
export const MAX_TIME_MS = 8.64e15;

export const MAX_DURATION_MS = 1e14;

/** Throws a `RefusedValueError` (`bad-definition`). */
export function checkInteger(field: string, value: unknown, least: number, most: number, unit: string): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return;
  throw refuseDefinition(field, value, `an integer from ${least} to ${most} ${unit}`);
}

/** Throws a `RefusedValueError` (`bad-definition`) for what is no object, and for one with a property that is not among these. */
export function checkProperties(field: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== "object" || value === null) throw refuseDefinition(field, value, "an object");
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    throw refuseDefinition(`${field}.${name}`, (value as Record<string, unknown>)[name], `only ${known.join(", ")}`);
  }
}

/** Throws a `RefusedValueError` (`bad-definition`). */
export function checkName(field: string, value: unknown): void {
  if (typeof value === "string" && value !== "" && value !== "__proto__") return;
  throw refuseDefinition(field, value, "a non-empty string other than __proto__");
}
