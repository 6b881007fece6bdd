import type { RateDefinition } from "./rate.js";

/** Gives the SQL of a column by field name: quoted, and qualified where that is needed. */
export type ColumnSql<Name extends string> = (name: Name) => string;

/** The name as a quoted Postgres identifier. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The column of a rollup that holds the sum of a rate, event by event. */
export function rateSumColumn<Name extends string>(rate: { readonly name: Name }): `${Name}_sum` {
  return `${rate.name}_sum`;
}

/** The column of a rollup that holds how many events have the rate (those with denominator 0 have none). */
export function rateCountColumn<Name extends string>(rate: { readonly name: Name }): `${Name}_count` {
  return `${rate.name}_count`;
}

/**
 * The rate of one row in Postgres, a float8 equal to the bit to `evaluateRate`, null when the denominator is 0. For
 * columns of any integer type or float8.
 */
export function rateSql<Field extends string>(rate: RateDefinition<Field>, column: ColumnSql<Field>): string {
  return ratioSql(rate.scale, column(rate.numerator), column(rate.denominator));
}

/** The pooled rate over a group of rows, raw or rolled up: equal to `pooledRate` of the sums. */
export function pooledSql<Field extends string>(rate: RateDefinition<Field>, column: ColumnSql<Field>): string {
  return ratioSql(rate.scale, `sum(${column(rate.numerator)})`, `sum(${column(rate.denominator)})`);
}

/** The mean per event over a group of rollup rows, from their `<rate>_sum` and `<rate>_count`; null when no event has one. */
export function meanSql(rate: RateDefinition, column: ColumnSql<string>): string {
  return `(sum(${column(rateSumColumn(rate))}) / nullif(sum(${column(rateCountColumn(rate))}), 0)::float8)`;
}

/** How many events of a group of rollup rows have no rate: the sum of `events` less that of `<rate>_count`. */
export function nullCountSql(rate: RateDefinition, column: ColumnSql<string>, events = "events"): string {
  return `(sum(${column(events)}) - sum(${column(rateCountColumn(rate))}))`;
}

// The casts come before the division: integers would divide as integers.
function ratioSql(scale: number, numerator: string, denominator: string): string {
  return `(${numerator}::float8 / nullif(${denominator}, 0)::float8 * ${scale}::float8)`;
}
