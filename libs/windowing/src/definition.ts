import type { Aggregate } from "./aggregates.js";
import { refuseDefinition } from "./errors.js";

/** A table of tumbling windows of `sizeMs`: one row per window and combination of the keys' values (strings). */
export interface Rollup<E, Name extends string = string> {
  readonly name: Name;
  readonly sizeMs: number;
  /** May be empty: then each window has one row. */
  readonly keys: readonly (keyof E & string)[];
  readonly aggregates: Readonly<Record<string, Aggregate<E>>>;
}

/** What a task computes. Data only: no closures. Fields name properties of the event type E. */
export interface TaskDefinition<E> {
  /** The field to dedup by: a string. */
  readonly id: keyof E & string;
  /** The field with the event time: an integer of the unit; in ms it must lie within ±8.64e15, as a Date does. */
  readonly time: { readonly field: keyof E & string; readonly unit: "s" | "ms" };
  readonly watermarkDelayMs: number;
  readonly allowedLatenessMs: number;
  /** An event further than this ahead of its arrival is quarantined. */
  readonly maxFutureSkewMs: number;
  /** The first is the base window, by which events are judged; the others' sizes are multiples of it. */
  readonly rollups: readonly [Rollup<E>, ...Rollup<E>[]];
  /** More ids than this alive at once throw `too-many-ids`. Default 10 million. */
  readonly maxLiveIds?: number;
}

export const DEFAULT_MAX_LIVE_IDS = 10_000_000;

/** Event times lie within ±MAX_TIME_MS, so that with three durations added they are still exact integers. */
export const MAX_TIME_MS = 8.64e15;
const MAX_DURATION_MS = 1e14;
// A V8 Map ends at 2^24 entries.
const MAX_LIVE_IDS = 16_000_000;

/** Returns the definition. Throws a `RefusedValueError` (`bad-definition`) with the field, its value and what is allowed. */
export function checkDefinition<E>(definition: TaskDefinition<E>): TaskDefinition<E> {
  const { id, time, rollups } = definition;
  checkName("id", id);
  checkName("time.field", time.field);
  if (time.unit !== "s" && time.unit !== "ms") throw refuseDefinition("time.unit", time.unit, '"s" or "ms"');
  for (const field of ["watermarkDelayMs", "allowedLatenessMs", "maxFutureSkewMs"] as const) {
    checkInteger(field, definition[field], 0, MAX_DURATION_MS, "ms");
  }
  if (definition.maxLiveIds !== undefined) checkInteger("maxLiveIds", definition.maxLiveIds, 1, MAX_LIVE_IDS, "ids");
  if (!Array.isArray(rollups) || rollups.length === 0)
    throw refuseDefinition("rollups", rollups, "one or more rollups");

  const names = new Set<string>();
  for (const [at, rollup] of rollups.entries()) {
    checkRollup(`rollups[${at}]`, rollup, rollups[0].sizeMs);
    if (names.has(rollup.name)) throw refuseDefinition(`rollups[${at}].name`, rollup.name, "a name no other has");
    names.add(rollup.name);
  }
  return definition;
}

function checkRollup<E>(path: string, rollup: Rollup<E>, baseMs: number): void {
  checkName(`${path}.name`, rollup.name);
  checkInteger(`${path}.sizeMs`, rollup.sizeMs, 1, MAX_DURATION_MS, "ms");
  if (rollup.sizeMs % baseMs !== 0) {
    throw refuseDefinition(`${path}.sizeMs`, rollup.sizeMs, `a multiple of the base window's ${baseMs} ms`);
  }
  for (const [at, key] of rollup.keys.entries()) {
    checkName(`${path}.keys[${at}]`, key);
    if (rollup.keys.indexOf(key) !== at) throw refuseDefinition(`${path}.keys[${at}]`, key, "each field once");
  }
  const aggregates = Object.entries(rollup.aggregates);
  if (aggregates.length === 0)
    throw refuseDefinition(`${path}.aggregates`, rollup.aggregates, "one or more aggregates");
  for (const [name, aggregate] of aggregates) checkAggregate(`${path}.aggregates.${name}`, aggregate);
}

function checkAggregate<E>(path: string, aggregate: Aggregate<E>): void {
  switch (aggregate.kind) {
    case "count":
      return;
    case "count-present":
      return checkName(`${path}.field`, aggregate.field);
    case "sum":
      checkName(`${path}.field`, aggregate.field);
      if (aggregate.of === "integer" || aggregate.of === "double") return;
      throw refuseDefinition(`${path}.of`, (aggregate as { of: unknown }).of, '"integer" or "double"');
    default:
      throw refuseDefinition(
        `${path}.kind`,
        (aggregate as { kind: unknown }).kind,
        '"count", "sum" or "count-present"',
      );
  }
}

function checkName(path: string, value: unknown): void {
  if (typeof value !== "string" || value === "") throw refuseDefinition(path, value, "a non-empty string");
}

function checkInteger(path: string, value: unknown, least: number, most: number, unit: string): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return;
  throw refuseDefinition(path, value, `an integer from ${least} to ${most} ${unit}`);
}
