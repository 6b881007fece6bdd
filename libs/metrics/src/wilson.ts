import type { FieldValues, RateDefinition } from "./rate.js";
import type { ColumnSql } from "./sql.js";

/** A range that the true rate lies in with 95 % confidence, in the rate's unit. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The 97.5 % point of the standard normal distribution: 95 % lie within it on both sides. */
const z = 1.959963984540054;

/**
 * The Wilson score interval (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927) of a pooled rate whose numerator counts some of what
 * its denominator counts. Give the sums of the two fields. Null where the denominator's is 0, and where the numerator's is
 * above it: then it is no proportion.
 */
export function wilsonInterval<Field extends string>(
  rate: RateDefinition<Field>,
  sums: FieldValues<NoInfer<Field>>,
): Interval | null {
  const successes = sums[rate.numerator];
  const trials = sums[rate.denominator];
  if (trials === 0 || successes > trials) return null;
  const share = successes / trials;
  const centre = share + (z * z) / (2 * trials);
  const spread = z * Math.sqrt((share * (1 - share) + (z * z) / (4 * trials)) / trials);
  const shrink = 1 + (z * z) / trials;
  return { low: ((centre - spread) / shrink) * rate.scale, high: ((centre + spread) / shrink) * rate.scale };
}

/** One end of `wilsonInterval` over a group of rows, raw or rolled up: a float8 of Postgres, equal to it to 1e-12 relative. */
export function wilsonSql<Field extends string>(
  rate: RateDefinition<Field>,
  column: ColumnSql<Field>,
  end: keyof Interval,
): string {
  const successes = `sum(${column(rate.numerator)})::float8`;
  const trials = `sum(${column(rate.denominator)})::float8`;
  const share = `(${successes} / nullif(${trials}, 0))`;
  const spread = `${z} * sqrt((${share} * (1 - ${share}) + ${z * z} / (4 * ${trials})) / ${trials})`;
  const bound = `(${share} + ${z * z} / (2 * ${trials}) ${end === "low" ? "-" : "+"} ${spread}) / (1 + ${z * z} / ${trials}) * ${rate.scale}`;
  return `(case when ${trials} > 0 and ${successes} <= ${trials} then ${bound} end)`;
}
