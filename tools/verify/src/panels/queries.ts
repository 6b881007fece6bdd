import { panelsOf, readRows, type Annotation, type Panel, type Variable } from "@tidemark/panels";
import { dashboards } from "@tidemark/socmed/panels";
import type { AnswerRow } from "./answer.js";

/** How a column's values are compared: exactly, doubles to 1e-12, or only by being a number above 0. */
export type Exactness = "exact" | "double" | "positive";

type DriverRow = Readonly<Record<string, unknown>>;

/** A query of the dashboards: a panel's, a variable's or an annotation's. */
export interface PanelQuery {
  /** A panel's id, `variable city`, `annotation late-bursts`. */
  readonly name: string;
  /** With macros and variables in it. */
  readonly sql: string;
  readonly columns: Readonly<Record<string, Exactness>>;
  readonly read: (rows: readonly DriverRow[]) => readonly AnswerRow[];
}

/** All of them, each once, in reading order. */
export function listQueries(): readonly PanelQuery[] {
  const panels = dashboards.flatMap(panelsOf).map(panelQuery);
  const variables = dashboards.flatMap(({ variables: own }) => own).map(variableQuery);
  const annotations = dashboards.flatMap(({ annotations: own }) => own).map(annotationQuery);
  const shared = new Map([...variables, ...annotations].map((query) => [query.name, query]));
  return [...panels, ...shared.values()];
}

function panelQuery(panel: Panel): PanelQuery {
  const columns = Object.entries(panel.columns).map(([name, column]): [string, Exactness] => {
    if (column.kind !== "number" || column.unit === "count") return [name, "exact"];
    return [name, column.unit === "bytes" ? "positive" : "double"];
  });
  return {
    name: panel.id,
    sql: panel.sql,
    columns: Object.fromEntries(columns),
    read: (rows) => readRows(panel, rows),
  };
}

function variableQuery({ name, sql }: Variable): PanelQuery {
  return { name: `variable ${name}`, sql, columns: { name: "exact" }, read: readTexts };
}

function annotationQuery({ name, sql }: Annotation): PanelQuery {
  const columns = { time: "exact", timeend: "exact", text: "exact", tags: "exact" } as const;
  return { name: `annotation ${name.toLowerCase().replaceAll(" ", "-")}`, sql, columns, read: readTexts };
}

function readTexts(rows: readonly DriverRow[]): readonly AnswerRow[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.getTime() : String(value)]),
    ),
  );
}
