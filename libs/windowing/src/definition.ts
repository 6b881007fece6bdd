import type { Aggregate, AggregateResult, CustomAggregate } from "./aggregates.js";
import { checkAssigner, fixedWindowsOf, type WindowAssigner } from "./assigners.js";
import { checkInteger, checkName, checkProperties, MAX_DURATION_MS, MAX_TIME_MS } from "./checks.js";
import { refuseDefinition } from "./errors.js";
import { checkKeyLimit, type KeyLimit } from "./key-limit.js";

declare const eventType: unique symbol;

/** Carries the type of the events; there is no such property. */
export interface OfEvents<E> {
  readonly [eventType]?: (event: E) => void;
}

/** A table of windows: one row per window and combination of the keys' values (strings). */
export interface Rollup<E, Name extends string = string> {
  readonly name: Name;
  readonly window: WindowAssigner;
  /** May be empty: then each window has one row. */
  readonly keys: readonly (keyof E & string)[];
  readonly aggregates: Readonly<Record<string, Aggregate<E>>>;
  /** None: each combination of keys has a row, however many there are. Not for sessions. */
  readonly keyLimit?: KeyLimit;
}

/** What a task computes. Data only, but for `custom` aggregates. Fields name properties of the event type E. */
export interface TaskDefinition<E> extends OfEvents<E> {
  /** The field with the event time: an integer of the unit; in ms it must lie within ±8.64e15, as a Date does. */
  readonly time: { readonly field: keyof E & string; readonly unit: "s" | "ms" };
  /** The field to dedup by: a string, or the four 32-bit words of a UUID (Int32Array), which stand for its text in lower case. None: nothing is a duplicate. */
  readonly id?: keyof E & string;
  /** The watermark is the highest event time − this; `given`: it comes from outside alone, by `advance`. */
  readonly watermarkDelayMs: number | "given";
  readonly allowedLatenessMs: number;
  /** An event further than this ahead of its arrival is quarantined. None: no event is. */
  readonly maxFutureSkewMs?: number;
  /**
   * One, or several of tumbling windows: then the first is the base window, by which events are judged, and the others' sizes
   * are multiples of it, their edges edges of it.
   */
  readonly rollups: readonly [Rollup<E>, ...Rollup<E>[]];
  /** `update` (default): a checkpoint gives what changed. `final`: it gives each row once, when its window has closed. */
  readonly output?: "update" | "final";
  /** The watermark before any event. Default -Infinity. */
  readonly initialWatermarkMs?: number;
  /** More ids than this alive at once throw `too-many-ids`. Default 10 million. */
  readonly maxLiveIds?: number;
}

/** The fields of an event whose values are of a type. */
type FieldOf<E, Value> = { [Field in keyof E & string]: E[Field] extends Value ? Field : never }[keyof E & string];

type OptionalNumber = number | null | undefined;

type AggregateOf<E> =
  | { readonly kind: "count" }
  | { readonly kind: "count-non-null"; readonly field: keyof E & string }
  | { readonly kind: "sum" | "mean"; readonly of: "integer"; readonly field: FieldOf<E, number> }
  | { readonly kind: "sum" | "mean"; readonly of: "double"; readonly field: FieldOf<E, OptionalNumber> }
  | { readonly kind: "min" | "max"; readonly field: FieldOf<E, OptionalNumber> }
  | CustomAggregate<E, unknown, unknown>;

/** What a definition's fields must be of, so that not every event is rejected. */
export interface FieldsOf<E> {
  readonly time: { readonly field: FieldOf<E, number> };
  readonly id?: FieldOf<E, string | Int32Array>;
  readonly rollups: readonly {
    readonly keys: readonly FieldOf<E, string>[];
    readonly aggregates: Readonly<Record<string, AggregateOf<E>>>;
  }[];
}

/** Keeps the definition's literal types, so that its rows are typed: `defineTask<Sale>()({ … })`. A field of another type does not compile. */
export function defineTask<E>() {
  return <const D extends TaskDefinition<E> & FieldsOf<E>>(definition: D): D & OfEvents<E> => definition;
}

/** The type of a definition's events. */
export type EventOf<D> = D extends OfEvents<infer E> ? E : never;

/** One row of a rollup, with absolute values. */
export interface RowOf<R extends Rollup<never> = Rollup<never>> {
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly keys: { readonly [Key in R["keys"][number]]: string };
  readonly values: { readonly [Name in keyof R["aggregates"]]: AggregateResult<R["aggregates"][Name]> };
}

/** A row given out before, under bounds that are no longer: a session that has grown, or merged into another. */
export type RetractedRowOf<R extends Rollup<never> = Rollup<never>> = Omit<RowOf<R>, "values">;

export const DEFAULT_MAX_LIVE_IDS = 10_000_000;
// A V8 Map ends at 2^24 entries.
const MAX_LIVE_IDS = 16_000_000;

const properties: readonly string[] = [
  "time",
  "id",
  "watermarkDelayMs",
  "allowedLatenessMs",
  "maxFutureSkewMs",
  "rollups",
  "output",
  "initialWatermarkMs",
  "maxLiveIds",
  "sources",
] satisfies (keyof TaskDefinition<never> | "sources")[];

/**
 * Returns the definition. Throws a `RefusedValueError` (`bad-definition`) with the field, its value and what is allowed, also for a
 * property that it does not know. Rollups may have properties of their own.
 */
export function checkDefinition<D extends TaskDefinition<never>>(definition: D): D {
  checkProperties("definition", definition, properties);
  const { id, time, watermarkDelayMs, maxFutureSkewMs, output, rollups, maxLiveIds, initialWatermarkMs } = definition;
  if (id !== undefined) checkName("id", id);
  checkProperties("time", time, ["field", "unit"]);
  checkName("time.field", time.field);
  if (time.unit !== "s" && time.unit !== "ms") throw refuseDefinition("time.unit", time.unit, '"s" or "ms"');
  checkDelay("watermarkDelayMs", watermarkDelayMs);
  checkInteger("allowedLatenessMs", definition.allowedLatenessMs, 0, MAX_DURATION_MS, "ms");
  if (maxFutureSkewMs !== undefined) checkInteger("maxFutureSkewMs", maxFutureSkewMs, 0, MAX_DURATION_MS, "ms");
  if (maxLiveIds !== undefined) checkInteger("maxLiveIds", maxLiveIds, 1, MAX_LIVE_IDS, "ids");
  if (initialWatermarkMs !== undefined && initialWatermarkMs !== -Infinity) {
    checkInteger("initialWatermarkMs", initialWatermarkMs, -MAX_TIME_MS, MAX_TIME_MS, "ms, or -Infinity");
  }
  if (output !== undefined && output !== "update" && output !== "final") {
    throw refuseDefinition("output", output, '"update" or "final"');
  }
  if (!Array.isArray(rollups) || rollups.length === 0) {
    throw refuseDefinition("rollups", rollups, "one or more rollups");
  }
  for (const [at, rollup] of rollups.entries()) {
    checkRollup(`rollups[${at}]`, rollup);
    if (at > 0) checkMultiple(`rollups[${at}]`, rollups[0].window, rollup.window);
    if (rollups.findIndex(({ name }) => name === rollup.name) < at) {
      throw refuseDefinition(`rollups[${at}].name`, rollup.name, "a name no other has");
    }
  }
  return definition;
}

/** Throws a `RefusedValueError` (`bad-definition`). */
export function checkDelay(field: string, delayMs: unknown): void {
  if (delayMs === "given") return;
  checkInteger(field, delayMs, 0, MAX_DURATION_MS, 'ms, or "given"');
}

function checkMultiple(path: string, base: WindowAssigner, window: WindowAssigner): void {
  if (base.kind !== "tumbling" || window.kind !== "tumbling") {
    throw refuseDefinition(
      `${path}.window.kind`,
      window.kind,
      "tumbling windows alone where there are several rollups; make hopping and session windows a definition of their own",
    );
  }
  const { sizeMs: baseMs, offsetMs: baseOffsetMs } = fixedWindowsOf(base);
  const { sizeMs, offsetMs } = fixedWindowsOf(window);
  if (sizeMs % baseMs !== 0) {
    throw refuseDefinition(`${path}.window.sizeMs`, sizeMs, `a multiple of the base window's ${baseMs} ms`);
  }
  if ((offsetMs - baseOffsetMs) % baseMs !== 0) {
    throw refuseDefinition(`${path}.window.offsetMs`, offsetMs, `an edge of the base window's ${baseMs} ms`);
  }
}

function checkRollup(path: string, rollup: Rollup<never>): void {
  if (typeof rollup !== "object" || rollup === null) throw refuseDefinition(path, rollup, "a rollup");
  if (!Array.isArray(rollup.keys)) throw refuseDefinition(`${path}.keys`, rollup.keys, "a list of fields");
  if (typeof rollup.aggregates !== "object" || rollup.aggregates === null) {
    throw refuseDefinition(`${path}.aggregates`, rollup.aggregates, "aggregates by their names");
  }
  checkName(`${path}.name`, rollup.name);
  checkAssigner(`${path}.window`, rollup.window);
  for (const [at, key] of rollup.keys.entries()) {
    checkName(`${path}.keys[${at}]`, key);
    if (rollup.keys.indexOf(key) !== at) throw refuseDefinition(`${path}.keys[${at}]`, key, "each field once");
  }
  if (rollup.keyLimit !== undefined) checkKeyLimit(`${path}.keyLimit`, rollup.keyLimit, rollup);
  const aggregates = Object.entries(rollup.aggregates);
  if (aggregates.length === 0) {
    throw refuseDefinition(`${path}.aggregates`, rollup.aggregates, "one or more aggregates");
  }
  for (const [name, aggregate] of aggregates) {
    checkName(`${path}.aggregates' name`, name);
    checkAggregate(`${path}.aggregates.${name}`, aggregate);
  }
}

const aggregateMethods = ["create", "add", "merge", "result"] as const;

function checkAggregate(path: string, aggregate: Aggregate<never>): void {
  switch (aggregate?.kind) {
    case "count":
      return;
    case "custom":
      for (const method of aggregateMethods) {
        if (typeof aggregate[method] !== "function") {
          throw refuseDefinition(`${path}.${method}`, aggregate[method], "a function");
        }
      }
      return;
    case "count-non-null":
    case "min":
    case "max":
      return checkName(`${path}.field`, aggregate.field);
    case "sum":
    case "mean":
      checkName(`${path}.field`, aggregate.field);
      if (aggregate.of === "integer" || aggregate.of === "double") return;
      throw refuseDefinition(`${path}.of`, (aggregate as { of: unknown }).of, '"integer" or "double"');
    default:
      throw refuseDefinition(
        `${path}.kind`,
        (aggregate as { kind: unknown } | null)?.kind,
        '"count", "sum", "count-non-null", "min", "max", "mean" or "custom"',
      );
  }
}
