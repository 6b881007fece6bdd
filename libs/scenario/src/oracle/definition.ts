import { counterFields } from "@tidemark/schema";

/** What is to be computed, and by which times it is judged: all that the answers depend on besides the log. */
export interface OracleDefinition {
  /** How far the watermark stays behind the highest event time, in ms. */
  readonly watermarkDelayMs: number;
  /** For how long a window still takes events after it ended, in ms of the watermark. */
  readonly allowedLatenessMs: number;
  /** How far an event may lie ahead of its record's timestamp, in ms. */
  readonly maxFutureSkewMs: number;
  /** The first is the base window: it judges lateness and the life of an id. The others' sizes are multiples of its size. */
  readonly rollups: readonly OracleRollup[];
}

/** Tumbling windows of `sizeMs` per combination of `keys`; aggregates by the names of their columns. */
export interface OracleRollup {
  readonly name: string;
  /** Whole ms above 0. */
  readonly sizeMs: number;
  /** Fields of the row that hold text. */
  readonly keys: readonly string[];
  readonly aggregates: Readonly<Record<string, OracleMeasure>>;
}

/** A number made of the rows of a window. A sum leaves out nulls; `count-non-null` counts the rows where the field is not null. */
export type OracleMeasure =
  | { readonly kind: "count" }
  | { readonly kind: "sum"; readonly field: string; readonly of: "integer" | "double" }
  | { readonly kind: "count-non-null"; readonly field: string };

const textFields: readonly string[] = ["ID", "Kota", "Sosial_Media"];
const integerFields: readonly string[] = [...counterFields, "Ts"];
const numberFields: readonly string[] = [...integerFields, "conversion_rate", "bounce_rate"];
const allFields: readonly string[] = [...textFields, ...numberFields];

/**
 * The base window of a definition that makes sense.
 * @throws RangeError for one that does not: no rollup, a size that is no multiple of the base's, a field that rows lack
 */
export function baseOf(definition: OracleDefinition): OracleRollup {
  const { watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs, rollups } = definition;
  for (const [name, ms] of Object.entries({ watermarkDelayMs, allowedLatenessMs, maxFutureSkewMs })) {
    if (!(Number.isSafeInteger(ms) && ms >= 0)) throw new RangeError(`${name} must be whole ms from 0 on, got ${ms}.`);
  }
  const [base] = rollups;
  if (base === undefined) throw new RangeError("A definition needs a rollup: the first is the base window.");
  for (const { name, sizeMs, keys, aggregates } of rollups) {
    if (!(Number.isSafeInteger(sizeMs) && sizeMs > 0 && sizeMs % base.sizeMs === 0)) {
      throw new RangeError(`${name}: sizeMs must be a multiple of ${base.name}'s ${base.sizeMs}, got ${sizeMs}.`);
    }
    for (const key of keys) requireField(name, key, textFields);
    for (const measure of Object.values(aggregates)) {
      if (measure.kind === "count-non-null") requireField(name, measure.field, allFields);
      if (measure.kind === "sum") {
        requireField(name, measure.field, measure.of === "integer" ? integerFields : numberFields);
      }
    }
  }
  return base;
}

function requireField(rollup: string, field: string, among: readonly string[]): void {
  if (!among.includes(field)) throw new RangeError(`${rollup}: ${field} is none of ${among.join(", ")}.`);
}
