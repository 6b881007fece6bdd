import type { RateDefinition } from "@tidemark/metrics";
import type { Field, TimeUnit } from "@tidemark/schema";

/**
 * A pipeline's definition as data: everything that its tables depend on beside the log. It survives JSON, is hashed and
 * stored with the checkpoints, and is enough for other programs to recompute the tables.
 */
export interface PipelineData {
  readonly version: 1;
  /** In snake_case. Names the tables, and keys the checkpoints. */
  readonly name: string;
  /** `custom`: the user's own function makes events of bytes, and no other program can. */
  readonly decoder: "json" | "custom";
  /** In wire order. */
  readonly fields: readonly Field[];
  /** The field by which events are deduplicated; null: none is. */
  readonly id: string | null;
  readonly time: { readonly field: string; readonly unit: TimeUnit };
  readonly rates: readonly RateDefinition[];
  readonly watermarkDelayMs: number;
  readonly allowedLatenessMs: number;
  readonly maxFutureSkewMs: number;
  /** The first is the base window: it judges lateness and the life of an id. The others' sizes are multiples of it. */
  readonly rollups: readonly RollupData[];
  readonly tables: TablesData;
}

/** Tumbling windows per combination of the keys' values. A rollup of `@tidemark/windowing` without functions. */
export interface RollupData {
  /** Also the name of its table. */
  readonly name: string;
  readonly window: { readonly kind: "tumbling"; readonly sizeMs: number };
  readonly keys: readonly string[];
  /** By column name. A mean takes two columns: `<name>_sum` and `<name>_count`. */
  readonly aggregates: Readonly<Record<string, AggregateData>>;
  /** None: each combination of keys has a row. */
  readonly keyLimit?: KeyLimitData;
}

/**
 * The first `perWindow` combinations of keys of a window and partition, in offset order, have a row of their own. Events of
 * further ones are counted in a row whose keys all read `other`, or are rejected.
 */
export interface KeyLimitData {
  readonly perWindow: number;
  readonly beyond: "other" | "reject";
}

/** `field` names a field of the event, or a rate. `of` says whether sums are exact integers or doubles. */
export type AggregateData =
  | { readonly kind: "count" }
  | { readonly kind: "count-non-null"; readonly field: string }
  | { readonly kind: "sum" | "mean" | "min" | "max"; readonly field: string; readonly of: "integer" | "double" };

/** The tables that a pipeline writes. */
export interface TablesData {
  /** The Postgres schema that holds them. */
  readonly schema: string;
  readonly raw: string;
  readonly late: string;
  readonly rejected: string;
  /**
   * What the rejected table keeps of a record's value: its first 4 KiB, or all of it. Beside either stand the value's length and
   * SHA-256.
   */
  readonly rejectedValues: "start" | "whole";
  /** Counter tables of outcomes by the window of arrival: the finest first. */
  readonly verdicts: readonly { readonly name: string; readonly sizeMs: number }[];
  readonly partitionBy: "day" | "none";
  /** `refuse`: a row that a unique key refuses is stored as refused. `duplicate`: it counts as a duplicate. */
  readonly onConflict: "refuse" | "duplicate";
  /** Ids are unique over all partitions of a topic; absent: in each partition. */
  readonly topicIds?: TopicIdsData;
  /** Columns of the raw and the late table by field or rate, in their order. */
  readonly columns: Readonly<Record<string, ColumnData>>;
  /** Tables that the user made; `migrate` leaves them alone. */
  readonly own: readonly ("raw" | "late")[];
}

/** Names of the tables that make ids unique over all partitions of a topic. */
export interface TopicIdsData {
  /** Ids of counted events, for as long as some partition may count another one. */
  readonly ids: string;
  /** Records that are duplicates of an event in another partition. */
  readonly copies: string;
}

/** A column of the raw table. */
export interface ColumnData {
  readonly name: string;
  /** As Drizzle writes it, such as `timestamp with time zone` or `numeric(10, 2)`. */
  readonly type: string;
  readonly nullable: boolean;
}
