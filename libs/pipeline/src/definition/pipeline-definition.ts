import type { RateDefinition } from "@tidemark/metrics";
import type { EventCodec } from "@tidemark/schema";
import type { PgTable } from "drizzle-orm/pg-core";
import type { z } from "zod";
import type { Count, CountNonNull, NumberAggregate, Tumbling } from "./aggregates.js";
import type { Duration } from "./duration.js";

/** The fields of an event whose values are of a type, and never null or missing. */
export type FieldOf<E, Value> = {
  [Field in keyof E & string]-?: E[Field] extends Value ? Field : never;
}[keyof E & string];

// Compilers name these types in their messages, so that the names say what a field has to be.
/** The number fields, also those that may be null or missing. */
type NumberField<E> = FieldOf<E, number | null | undefined>;

/** The number fields that are never null or missing. */
type NeverNullNumberField<E> = FieldOf<E, number>;

/** The fields of text, numbers and booleans that are never null or missing. Numbers have to be integers. */
type NeverNullKeyField<E> = FieldOf<E, string | number | boolean | bigint>;

/** The fields of text and integers that are never null or missing. */
type NeverNullIdField<E> = FieldOf<E, string | number | bigint>;

/** An aggregate: its field is one of the event, or a rate. */
export type AggregateOf<E, RateName extends string> =
  | Count
  | CountNonNull<(keyof E & string) | RateName>
  | NumberAggregate<"sum" | "mean" | "min" | "max", NumberField<E> | RateName>;

/** A bound on the combinations of keys that have a row of their own in a window of one partition. */
export interface KeyLimit {
  /** The first so many combinations in offset order have a row: an integer from 1 to 10,000,000. */
  readonly perWindow: number;
  /**
   * The treatment of events of further combinations. `other` counts them in one more row, whose keys all read `other`: then
   * each key is a text. `reject` stores their records in the rejected table, and no rollup counts them.
   */
  readonly beyond: "other" | "reject";
}

/** A table of windows: a row per window and combination of the keys' values. */
export interface RollupOf<E, RateName extends string> {
  /** Also the name of its table, in snake_case. */
  readonly name: string;
  readonly window: Tumbling;
  /** May be empty: then each window has one row. */
  readonly keys: readonly NeverNullKeyField<E>[];
  /** By column name, in snake_case. */
  readonly aggregates: Readonly<Record<string, AggregateOf<E, RateName>>>;
  /** A bound on the rows of each window and partition; default: each combination of keys has a row. */
  readonly keyLimit?: KeyLimit;
}

export type IdScope = "partition" | "topic";

/** A rate of two number fields of the event. */
export type RateOf<E> = RateDefinition<NeverNullNumberField<E>>;

export type TimeOf<E> =
  | { readonly field: NeverNullNumberField<E>; readonly unit: "s" | "ms" | "us" }
  | { readonly field: FieldOf<E, string>; readonly unit: "iso" };

/** The tables that a pipeline's rows go to. Everything has a default that follows from the pipeline's name. */
export interface TablesOf<E, RateName extends string> {
  /** The Postgres schema; default `public`. */
  readonly schema?: string;
  /** `day` (default): a partition per UTC day of the event time, so that old days are dropped at once. */
  readonly partitionBy?: "day" | "none";
  /** The treatment of a row that a unique key of the table refuses; default `refuse`. */
  readonly onConflict?: "refuse" | "duplicate";
  /** The table of counted events: its name, or a Drizzle table of your own with a property per field and rate. */
  readonly raw?: string | PgTable;
  /** The same for events that came too late; a table of your own also has `watermark` and `missed_by_ms`. */
  readonly late?: string | PgTable;
  readonly rejected?: string;
  /** How much of a rejected record's value is kept: `start` (default), its first 4 KiB, or `whole`. */
  readonly rejectedValues?: "start" | "whole";
  /** Counts of outcomes by minute and by hour of arrival. */
  readonly verdicts?: { readonly minutely: string; readonly hourly: string };
  /** Column names of fields; default: the field's name in snake_case. */
  readonly columns?: Readonly<Partial<Record<(keyof E & string) | RateName, string>>>;
}

/** The definition that a person writes of a pipeline. */
export interface PipelineDefinition<
  E extends object,
  Rates extends readonly RateOf<E>[],
  Rollups extends readonly RollupOf<E, Rates[number]["name"]>[],
> {
  /** In snake_case, at most 40 characters. Names the tables and keys the checkpoints. */
  readonly name: string;
  /** A zod object, or what `defineEvent` of `@tidemark/schema` makes of one. */
  readonly event: z.ZodType<E> | EventCodec<E>;
  /** The field by which events are deduplicated while their base window is open. None: no event is a duplicate. */
  readonly id?: NeverNullIdField<E>;
  /**
   * Among which events an id is unique: those of a partition (default), or those of all partitions of the topic. The latter takes a
   * table of ids, which each checkpoint writes.
   */
  readonly idScope?: IdScope;
  /** The event time. */
  readonly time: TimeOf<E>;
  readonly rates?: Rates;
  readonly watermark: {
    /** How far the watermark stays behind the highest event time. */
    readonly delay: Duration;
    /** For how long a window still takes events after the watermark has passed its end; default `0s`. */
    readonly allowedLateness?: Duration;
    /** An event further than this ahead of its record's timestamp is quarantined; default `1m`. */
    readonly maxFutureSkew?: Duration;
  };
  /** The first is the base window: it judges lateness and the life of an id. */
  readonly rollups: Rollups;
  readonly tables?: TablesOf<E, Rates[number]["name"]>;
}
