import { checkIdentifier, checkText } from "./definition.js";
import { invalidDefinition } from "./errors.js";

/** A rate as data: numerator / denominator * scale. Evaluation, SQL and label all come from it. */
export interface RateDefinition<Field extends string = string> {
  /** In snake_case; columns are named after it. */
  readonly name: string;
  readonly title: string;
  readonly numerator: Field;
  readonly denominator: Field;
  /** What the fraction is multiplied by: 100 for percent. */
  readonly scale: number;
  /** The unit of the result, such as "percent". */
  readonly unit: string;
}

/** Values by field. Integers, so that sums are exact up to 2^53. */
export type FieldValues<Field extends string> = Readonly<Record<Field, number>>;

/**
 * The definition, checked and frozen, with its literal types kept.
 * @throws DefinitionError when a name is no identifier, a text is empty, the scale is not finite and above 0, or the unit
 *   "percent" stands beside a scale that is not 100.
 */
export function defineRate<const Definition extends RateDefinition>(definition: Definition): Definition {
  const { name, title, numerator, denominator, scale, unit } = definition;
  checkIdentifier("rate", name, "name", name);
  checkIdentifier("rate", name, "numerator", numerator);
  checkIdentifier("rate", name, "denominator", denominator);
  checkText("rate", name, "title", title);
  checkText("rate", name, "unit", unit);
  if (!Number.isFinite(scale) || scale <= 0) {
    throw invalidDefinition("rate", name, "scale", String(scale), "a finite number above 0");
  }
  if (unit === "percent" && scale !== 100) {
    throw invalidDefinition("rate", name, "scale", scale, "100, as the unit is percent");
  }
  return Object.freeze({ ...definition });
}

/**
 * The rate of one row: numerator / denominator * scale, in that order, in IEEE double; null when the denominator is 0.
 * `rateSql` gives the same bits.
 */
export function evaluateRate<Field extends string>(
  rate: RateDefinition<Field>,
  row: FieldValues<NoInfer<Field>>,
): number | null {
  const denominator = row[rate.denominator];
  return denominator === 0 ? null : (row[rate.numerator] / denominator) * rate.scale;
}

/** A label that names the denominator: "Refund rate (% of orders)". */
export function rateLabel(rate: RateDefinition): string {
  const unit = rate.unit === "percent" ? "%" : rate.unit;
  return `${rate.title} (${unit} of ${wordsOf(rate.denominator)})`;
}

// PageViews and page_views are both "page views".
function wordsOf(field: string): string {
  return field
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_")
    .split("_")
    .filter((word) => word !== "")
    .join(" ")
    .toLowerCase();
}
