/**
 * The rollups of the flagship job, as data: the consumer computes them, the tables hold them, panels and the verifier
 * read them. No closures, so that another engine can be driven by the same definition.
 */

/** A measure of a window; `field` names a property of the event, the measure's own name is its column. */
export type Measure =
  | { readonly kind: "count" }
  | { readonly kind: "sum"; readonly field: string; readonly of: "integer" | "double" }
  | { readonly kind: "count-non-null"; readonly field: string };

/** Tumbling windows of `sizeMs` per combination of `keys`. */
export interface RollupDefinition {
  readonly name: string;
  readonly sizeMs: number;
  readonly keys: readonly string[];
  readonly aggregates: Readonly<Record<string, Measure>>;
}

const socmedKeys = ["Kota", "Sosial_Media"] as const;

const socmedMeasures = {
  events: { kind: "count" },
  usage_count: { kind: "sum", field: "Usage_Count", of: "integer" },
  sales: { kind: "sum", field: "Sales", of: "integer" },
  visitors: { kind: "sum", field: "Visitors", of: "integer" },
  page_visitors: { kind: "sum", field: "PageVisitors", of: "integer" },
  conversion: { kind: "sum", field: "Conversion", of: "integer" },
  conversion_rate_sum: { kind: "sum", field: "conversion_rate", of: "double" },
  conversion_rate_count: { kind: "count-non-null", field: "conversion_rate" },
  bounce_rate_sum: { kind: "sum", field: "bounce_rate", of: "double" },
  bounce_rate_count: { kind: "count-non-null", field: "bounce_rate" },
} as const;

/** The base window first: it judges lateness and the life of an id. Sizes of the others are multiples of it. */
export const socmedRollups = [
  { name: "socmed_5s", sizeMs: 5_000, keys: socmedKeys, aggregates: socmedMeasures },
  { name: "socmed_1m", sizeMs: 60_000, keys: socmedKeys, aggregates: socmedMeasures },
  { name: "socmed_1h", sizeMs: 3_600_000, keys: socmedKeys, aggregates: socmedMeasures },
] as const satisfies readonly RollupDefinition[];
