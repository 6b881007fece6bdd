import type { Column, Columns, RowOf } from "./column.js";
import { wrongRow } from "./errors.js";
import type { Panel } from "./panel.js";

/**
 * What a driver gave for a panel's SQL, as the panel's rows: texts, numbers, and Dates as epoch ms.
 * @throws PanelError `WRONG_ROW` where a column is missing or holds something else.
 */
export function readRows<Shape extends Columns>(
  panel: Panel<Shape>,
  rows: readonly Readonly<Record<string, unknown>>[],
): RowOf<Shape>[] {
  const columns = Object.entries(panel.columns);
  return rows.map((row) =>
    Object.fromEntries(columns.map(([name, column]) => [name, readValue(panel.id, name, column, row[name])])),
  ) as RowOf<Shape>[];
}

function readValue(id: string, name: string, { kind }: Column, value: unknown): string | number | null {
  if (value === null) return null;
  if (kind === "text" && typeof value === "string") return value;
  if (kind === "number" && typeof value === "number") return value;
  if (kind === "time" && value instanceof Date && !Number.isNaN(value.getTime())) return value.getTime();
  throw wrongRow(id, name, value, kind === "time" ? "a time" : `a ${kind}`);
}
