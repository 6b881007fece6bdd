import { refuseDefinition } from "./errors.js";

/** Event times lie within ±MAX_TIME_MS, as a Date's do, so that with three durations added they are still exact integers. */
export const MAX_TIME_MS = 8.64e15;

export const MAX_DURATION_MS = 1e14;

/** Throws a `RefusedValueError` (`bad-definition`). */
export function checkInteger(field: string, value: unknown, least: number, most: number, unit: string): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return;
  throw refuseDefinition(field, value, `an integer from ${least} to ${most} ${unit}`);
}

/** Throws a `RefusedValueError` (`bad-definition`). */
export function checkName(field: string, value: unknown): void {
  if (typeof value !== "string" || value === "") throw refuseDefinition(field, value, "a non-empty string");
}
