/** The unit of an event's time field: numbers since 1970, or ISO 8601 text with an offset. */
export type TimeUnit = "s" | "ms" | "us" | "iso";

/** A JavaScript regular expression. */
export interface Pattern {
  readonly source: string;
  readonly flags: string;
}

/**
 * The type of a field as data. Everything that decoding checks about a value is here, so that another program, in another
 * language, can decode the same bytes to the same events from this description alone.
 */
export type FieldType =
  /** Lengths count UTF-16 code units, after trimming and the change of case. `pattern` is tested last. */
  | {
      readonly kind: "text";
      readonly trim?: true;
      readonly letterCase?: "lower" | "upper";
      readonly minLength?: number;
      readonly maxLength?: number;
      readonly pattern?: Pattern;
    }
  /** 8-4-4-4-12 hexadecimal digits of either case; lower-cased, as Postgres writes it, and then matched by `pattern`. */
  | { readonly kind: "uuid"; readonly pattern?: Pattern }
  /** A safe integer. */
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  /** A finite number. */
  | {
      readonly kind: "double";
      readonly min?: number;
      readonly max?: number;
      readonly exclusiveMin?: number;
      readonly exclusiveMax?: number;
    }
  | { readonly kind: "boolean" }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  /** An integer of the unit since 1970 within `min` and `max`, or ISO 8601 text with an offset ("Z" or "+07:00"). */
  | {
      readonly kind: "time";
      readonly unit: TimeUnit;
      readonly min?: number;
      readonly max?: number;
      /** Matches the ISO text. */
      readonly pattern?: Pattern;
    }
  /** `YYYY-MM-DD`, a day that exists. */
  | { readonly kind: "date" }
  /** An integer of up to 64 bits: decimal digits as text, or a safe integer. The event holds a bigint. */
  | { readonly kind: "bigint" }
  /** Decimal digits as text, such as "12.50"; the event holds the text. */
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "array"; readonly of: FieldType }
  /** Any JSON value that Postgres's jsonb can hold. What the schema checks within it is not described here. */
  | { readonly kind: "json" };

/** One field of an event as data. Fields stand in wire order: the first wrong one gives the reason of a rejection. */
export interface Field {
  /** The key on the wire, and the property of the event. */
  readonly name: string;
  readonly type: FieldType;
  /** Whether null is a value of it. */
  readonly nullable: boolean;
  /** Whether the key may be missing. The event has no such property then, and the column is null. */
  readonly optional: boolean;
  /** The value that stands for a missing key. */
  readonly default?: string | number | boolean;
}
