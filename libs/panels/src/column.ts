import type { SQL } from "drizzle-orm";

/** What a number counts or measures; how it is written follows from it (`formatValue`). `percent` is of 100. */
export type Unit = "count" | "percent" | "milliseconds" | "seconds" | "bytes" | "per-second";

/** How a value is judged. `neutral` is not judged at all. */
export type Level = "neutral" | "good" | "warning" | "bad";

/** From this value on, up to the next step. The first step has null: everything below the second. */
export interface Threshold {
  readonly from: number | null;
  readonly level: Level;
}

interface ColumnBase {
  /** As a person reads it above the column. */
  readonly title: string;
  /** An expression over what the panel selects from. */
  readonly sql: SQL;
}

export interface TextColumn extends ColumnBase {
  readonly kind: "text";
}

/** A point in time; rows hold it as epoch ms. */
export interface TimeColumn extends ColumnBase {
  readonly kind: "time";
}

export interface NumberColumn extends ColumnBase {
  readonly kind: "number";
  readonly unit: Unit;
  /** Digits behind the point. */
  readonly decimals: number;
  readonly thresholds?: readonly Threshold[];
}

export type Column = TextColumn | TimeColumn | NumberColumn;

export type Columns = Readonly<Record<string, Column>>;

/** One row of a panel, by the names of its columns. Any of them may be null: a rate of nothing is no number. */
export type RowOf<Shape extends Columns> = {
  readonly [Name in keyof Shape]: Shape[Name] extends TextColumn ? string | null : number | null;
};

/** The names of those columns that are of one kind. */
export type NamesOf<Shape extends Columns, Kind extends Column["kind"]> = {
  [Name in keyof Shape]: [Extract<Shape[Name], { readonly kind: Kind }>] extends [never] ? never : Name;
}[keyof Shape] &
  string;

export const text = (title: string, sql: SQL): TextColumn => ({ kind: "text", title, sql });

export const time = (title: string, sql: SQL): TimeColumn => ({ kind: "time", title, sql });

export function number<Rest extends Omit<NumberColumn, "kind" | "title" | "sql">>(
  title: string,
  sql: SQL,
  rest: Rest,
): NumberColumn {
  return { kind: "number", title, sql, ...rest };
}

export const count = (title: string, sql: SQL, thresholds?: readonly Threshold[]): NumberColumn =>
  number(title, sql, { unit: "count", decimals: 0, ...(thresholds && { thresholds }) });

export const percent = (title: string, sql: SQL, thresholds?: readonly Threshold[]): NumberColumn =>
  number(title, sql, { unit: "percent", decimals: 2, ...(thresholds && { thresholds }) });
