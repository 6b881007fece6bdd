import { checkIdentifier, checkText } from "./definition.js";
import type { FieldValues } from "./rate.js";
import type { ColumnSql } from "./sql.js";

/** A part that must not be larger than its whole, as data. Such rows are counted and shown, never clamped. */
export interface ViolationDefinition<Field extends string = string> {
  /** In snake_case. */
  readonly name: string;
  readonly title: string;
  readonly part: Field;
  readonly whole: Field;
}

/**
 * The definition, checked and frozen, with its literal types kept.
 * @throws DefinitionError when a name is no identifier or the title is blank.
 */
export function defineViolation<const Definition extends ViolationDefinition>(definition: Definition): Definition {
  const { name, title, part, whole } = definition;
  checkIdentifier("violation", name, "name", name);
  checkIdentifier("violation", name, "part", part);
  checkIdentifier("violation", name, "whole", whole);
  checkText("violation", name, "title", title);
  return Object.freeze({ ...definition });
}

/** Whether the part of this row is larger than its whole. */
export function isViolation<Field extends string>(
  violation: ViolationDefinition<Field>,
  row: FieldValues<NoInfer<Field>>,
): boolean {
  return row[violation.part] > row[violation.whole];
}

/** How many of the rows have it. */
export function countViolations<Field extends string>(
  violation: ViolationDefinition<Field>,
  rows: Iterable<FieldValues<NoInfer<Field>>>,
): number {
  let count = 0;
  for (const row of rows) if (isViolation(violation, row)) count += 1;
  return count;
}

/** Whether a row has it, as a boolean of Postgres. Sums hide violations: ask raw rows. */
export function violationSql<Field extends string>(
  violation: ViolationDefinition<Field>,
  column: ColumnSql<Field>,
): string {
  return `(${column(violation.part)} > ${column(violation.whole)})`;
}

/** How many rows of a group have it, as an int8 of Postgres. */
export function violationCountSql<Field extends string>(
  violation: ViolationDefinition<Field>,
  column: ColumnSql<Field>,
): string {
  return `count(*) filter (where ${violationSql(violation, column)})`;
}
