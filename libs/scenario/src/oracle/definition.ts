import type { RejectionReason } from "./rejection-reason.js";

/** All that the answers depend on besides the log, as data. A pipeline's stored definition has this shape, and more. */
export interface OracleDefinition {
  /** In wire order: the first wrong one gives the reason of a rejection. */
  readonly fields: readonly OracleField[];
  /** The field by which events are deduplicated; null: none is. */
  readonly id: string | null;
  readonly time: { readonly field: string; readonly unit: OracleTimeUnit };
  readonly rates: readonly OracleRate[];
  /** How far the watermark stays behind the highest event time, in ms. */
  readonly watermarkDelayMs: number;
  /** For how long a window still takes events after it ended, in ms of the watermark. */
  readonly allowedLatenessMs: number;
  /** How far an event may lie ahead of its record's timestamp, in ms. */
  readonly maxFutureSkewMs: number;
  /** The first is the base window: it judges lateness and the life of an id. The others' sizes are multiples of its size. */
  readonly rollups: readonly OracleRollup[];
}

export type OracleTimeUnit = "s" | "ms" | "us" | "iso";

interface Pattern {
  readonly source: string;
  readonly flags: string;
}

/** What a field's values are on the wire. */
export type OracleFieldType =
  | {
      readonly kind: "text";
      readonly trim?: true | undefined;
      readonly letterCase?: "lower" | "upper" | undefined;
      readonly minLength?: number | undefined;
      readonly maxLength?: number | undefined;
      readonly pattern?: Pattern | undefined;
    }
  | { readonly kind: "uuid"; readonly pattern?: Pattern | undefined }
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | {
      readonly kind: "double";
      readonly min?: number | undefined;
      readonly max?: number | undefined;
      readonly exclusiveMin?: number | undefined;
      readonly exclusiveMax?: number | undefined;
    }
  | { readonly kind: "boolean" | "date" | "bigint" | "json" }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | {
      readonly kind: "time";
      readonly unit: OracleTimeUnit;
      readonly min?: number | undefined;
      readonly max?: number | undefined;
      readonly pattern?: Pattern | undefined;
    }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "array"; readonly of: OracleFieldType };

export interface OracleField {
  readonly name: string;
  readonly type: OracleFieldType;
  readonly nullable: boolean;
  readonly optional: boolean;
  /** Stands for a missing key. */
  readonly default?: string | number | boolean | undefined;
}

/** numerator / denominator * scale, in that order, in IEEE double; null where the denominator is 0. */
export interface OracleRate {
  readonly name: string;
  readonly numerator: string;
  readonly denominator: string;
  readonly scale: number;
}

/** Tumbling windows of `sizeMs` per combination of `keys`; aggregates by name, which is the name of their column. */
export interface OracleRollup {
  readonly name: string;
  readonly window: { readonly kind: "tumbling"; readonly sizeMs: number };
  readonly keys: readonly string[];
  readonly aggregates: Readonly<Record<string, OracleAggregate>>;
  readonly keyLimit?: OracleKeyLimit | undefined;
}

/**
 * Only the first `perWindow` combinations of keys of a window, in offset order, have a row of their own. Further ones go into one
 * whose keys all read `other`, which is not among them, or are rejected.
 */
export interface OracleKeyLimit {
  readonly perWindow: number;
  readonly beyond: "other" | "reject";
}

/** A number made of the rows of a window; nulls are left out. `count-non-null` counts the rows where the field is not null. */
export type OracleAggregate =
  | { readonly kind: "count" }
  | { readonly kind: "count-non-null"; readonly field: string }
  | {
      readonly kind: "sum" | "mean" | "min" | "max";
      readonly field: string;
      /** Sums of integers are exact. */
      readonly of: "integer" | "double";
    };

/** Why a record holds no event, and in which field. */
export interface OracleRejection {
  readonly reason: RejectionReason;
  /** null: the value as a whole is wrong. */
  readonly field: string | null;
}

/**
 * The base window of a definition that makes sense.
 * @throws RangeError for one that does not: no rollup, a size that is no multiple of the base's, a field that rows lack
 */
export function baseOf(definition: OracleDefinition): OracleRollup {
  const { watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs, rollups, fields, rates, id, time } = definition;
  for (const [name, ms] of Object.entries({ watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs })) {
    if (!(Number.isSafeInteger(ms) && ms >= 0)) throw new RangeError(`${name} must be whole ms from 0 on, got ${ms}.`);
  }
  const names = fields.map(({ name }) => name);
  const numbers = [...fields.filter(isNumber).map(({ name }) => name), ...rates.map(({ name }) => name)];
  const integers = fields.filter(({ type }) => type.kind === "integer").map(({ name }) => name);
  if (id !== null) requireField("id", id, names);
  requireField("time", time.field, names);
  for (const { name, numerator, denominator } of rates) {
    for (const part of [numerator, denominator])
      requireField(
        name,
        part,
        fields.filter(isNumber).map((field) => field.name),
      );
  }
  const [base] = rollups;
  if (base === undefined) throw new RangeError("A definition needs a rollup: the first is the base window.");
  const { sizeMs: baseMs } = base.window;
  for (const { name, window, keys, aggregates, keyLimit } of rollups) {
    if (!(Number.isSafeInteger(window.sizeMs) && window.sizeMs > 0 && window.sizeMs % baseMs === 0)) {
      throw new RangeError(`${name}: sizeMs must be a multiple of ${base.name}'s ${baseMs}, got ${window.sizeMs}.`);
    }
    for (const key of keys) requireField(name, key, names);
    if (keyLimit !== undefined && !(Number.isSafeInteger(keyLimit.perWindow) && keyLimit.perWindow > 0)) {
      throw new RangeError(`${name}: keyLimit.perWindow must be an integer above 0, got ${keyLimit.perWindow}.`);
    }
    for (const aggregate of Object.values(aggregates)) {
      if (aggregate.kind === "count") continue;
      if (aggregate.kind === "count-non-null") requireField(name, aggregate.field, [...names, ...numbers]);
      else requireField(name, aggregate.field, aggregate.of === "integer" ? integers : numbers);
    }
  }
  return base;
}

const isNumber = ({ type }: OracleField) => type.kind === "integer" || type.kind === "double";

function requireField(user: string, field: string, among: readonly string[]): void {
  if (!among.includes(field)) throw new RangeError(`${user}: ${field} is none of ${[...new Set(among)].join(", ")}.`);
}
