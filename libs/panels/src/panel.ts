import type { SQL } from "drizzle-orm";
import type { Columns, NamesOf, RowOf } from "./column.js";
import { invalidPanel } from "./errors.js";
import { renderSelect } from "./render.js";
import type { VariableName } from "./variables.js";

/** How a panel is looked at, and which of its columns are what. */
export type Show<Numbers extends string = string, Texts extends string = string> =
  /** One number, and where given the name that it belongs to. */
  | { readonly kind: "stat"; readonly value: Numbers; readonly name?: Texts }
  /** Columns `time`, `metric` (the series' name) and the value, as Grafana wants them; rows come by time, then metric. */
  | { readonly kind: "time-series"; readonly value: Numbers; readonly style: "line" | "stacked-bars" }
  /** All columns, in their order. */
  | { readonly kind: "table" }
  /** One bar a row, in the order of the rows. */
  | { readonly kind: "bar-gauge" | "bar-chart"; readonly name: Texts; readonly value: Numbers };

export type PanelKind = Show["kind"];

export interface PanelDefinition<Shape extends Columns> {
  /** In kebab-case; unique within its dashboard. */
  readonly id: string;
  readonly title: string;
  /** The question that the panel answers. */
  readonly question: string;
  /** What the figure is made of, for who wants to know before trusting it. */
  readonly description: string;
  readonly show: Show<NamesOf<Shape, "number">, NamesOf<Shape, "text">>;
  /** What is selected, under these names and in this order. */
  readonly columns: Shape;
  /** What follows the list of columns: FROM to ORDER BY. */
  readonly from: SQL;
  /** What stands before SELECT: WITH. */
  readonly with?: SQL;
  /** The variables that its SQL names. */
  readonly variables: readonly VariableName[];
  /** The grain of what it reads: a finer interval would show gaps that aren't there. For time series. */
  readonly minIntervalMs?: number;
  /** Shown in the place of rows where there are none. */
  readonly noData: string;
}

/** A panel as data: everything that shows it, and the SQL that fills it, with Grafana's macros and variables in it. */
export interface Panel<Shape extends Columns = Columns> {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly description: string;
  readonly show: Show;
  readonly columns: Shape;
  readonly variables: readonly VariableName[];
  readonly minIntervalMs?: number;
  readonly noData: string;
  readonly sql: string;
}

export type RowOfPanel<Of> = Of extends Panel<infer Shape> ? RowOf<Shape> : never;

/**
 * The panel, its SQL rendered.
 * @throws PanelError `INVALID_PANEL` where an id is not in kebab-case, a text is blank, the SQL names a variable that isn't
 *   listed (or the reverse), or a time series lacks a column `time` or `metric`.
 */
export function definePanel<const Shape extends Columns>(definition: PanelDefinition<Shape>): Panel<Shape> {
  const { id, columns, from, with: before, variables, ...rest } = definition;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)) throw invalidPanel(id, "has an id that is not in kebab-case");
  for (const [name, text] of Object.entries({ title: rest.title, question: rest.question, noData: rest.noData })) {
    if (text.trim() === "") throw invalidPanel(id, `has a blank ${name}`);
  }
  const sql = renderSelect(columns, from, before);
  const named = [...new Set([...sql.matchAll(/\$(?!__)([a-z]\w*)/g)].map(([, name]) => name))].toSorted();
  if (named.join() !== variables.toSorted().join()) {
    throw invalidPanel(id, `lists the variables ${variables.join(", ")}, but its SQL names ${named.join(", ")}`);
  }
  if (rest.show.kind === "time-series" && (columns["time"]?.kind !== "time" || columns["metric"]?.kind !== "text")) {
    throw invalidPanel(id, "is a time series without the columns time and metric");
  }
  return Object.freeze({ id, columns, variables, ...rest, sql });
}
