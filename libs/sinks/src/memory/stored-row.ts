import { getTableColumns, is, SQL, type Column } from "drizzle-orm";
import { PgArray, type PgTable } from "drizzle-orm/pg-core";

/**
 * A row by Drizzle property names, as a driver gives it; null where there is nothing. Times are epoch ms, with microseconds
 * as a fraction, which is exact from 1831 to 2109.
 */
export type StoredRow = Readonly<Record<string, unknown>>;

/** What becomes of stored rows when they are selected as Drizzle does. */
export function createSelect(table: PgTable): (row: StoredRow) => object {
  const columns = Object.entries(getTableColumns(table)).map(([property, column]) => ({
    property,
    select: selectOf(column),
  }));
  return (row) => {
    const selected: Record<string, unknown> = {};
    for (const { property, select } of columns) {
      const value = row[property];
      selected[property] = value === null || value === undefined ? null : select(value);
    }
    return selected;
  };
}

function selectOf(column: Column): (value: unknown) => unknown {
  const type = column.getSQLType();
  const base = is(column, PgArray) ? column.baseColumn : column;
  if (!type.startsWith("timestamp")) return (value) => column.mapFromDriverValue(value);
  // Not by its text: no Date is made of that of every year.
  const zone = type.includes("with time zone") ? "+00" : "";
  const select = (value: unknown): unknown => {
    if (value === null) return null;
    if (base.dataType === "date") return new Date(Math.floor(Number(value)));
    return base.mapFromDriverValue(timeText(Number(value), zone));
  };
  return (value) => (Array.isArray(value) ? value.map(select) : select(value));
}

/** What Postgres fills a column with that rows do not bring, as far as the Drizzle table has the value itself. */
export function filledValues(table: PgTable, written: readonly string[]): StoredRow {
  const filled = Object.entries(getTableColumns(table)).filter(([property]) => !written.includes(property));
  return Object.fromEntries(filled.map(([property, column]) => [property, literalDefault(column)]));
}

function literalDefault(column: Column): unknown {
  const value: unknown = column.default;
  return value === undefined || is(value, SQL) ? null : column.mapToDriverValue(value);
}

/** A time of the years 0 to 9999 as Postgres writes it. */
function timeText(epochMs: number, zone: string): string {
  const ms = Math.floor(epochMs);
  const micros = String(Math.round((epochMs - ms) * 1000)).padStart(3, "0");
  const text = new Date(ms).toISOString().replace("Z", micros).replace("T", " ");
  return `${text.replace(/\.?0+$/, "")}${zone}`;
}
