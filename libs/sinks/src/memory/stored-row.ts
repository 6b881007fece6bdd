import type { TimeUnit } from "@tidemark/schema";
import { getTableColumns } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { UNIT_MS } from "../sink-tables.js";

/** A row by Drizzle property names: epoch ms for any timestamptz, bytes of its own, null where there is nothing. */
export type StoredRow = Readonly<Record<string, unknown>>;

/** How a table's rows are kept, and how they are given back. */
export interface RowForm {
  store(row: object, constants: StoredRow): StoredRow;
  /** As Drizzle's `select` gives the row. */
  select(row: StoredRow): object;
}

const timestamptz = "timestamp with time zone";

const valueOrNull = (value: unknown, of: (value: unknown) => unknown) =>
  value === null || value === undefined ? null : of(value);

/** `timeUnits`: the unit of numbers given for a timestamptz column, by property; ms where absent. */
export function createRowForm(table: PgTable, timeUnits: Readonly<Record<string, TimeUnit>> = {}): RowForm {
  const columns = Object.entries(getTableColumns(table)).map(([property, column]) => {
    const type = column.getSQLType();
    const unitMs = UNIT_MS[timeUnits[property] ?? "ms"];
    const isTime = type === timestamptz;
    return {
      property,
      store: (value: unknown) => (isTime ? toEpochMs(value, unitMs) : keep(type, value)),
      select: (value: unknown) => column.mapFromDriverValue(isTime ? timeText(value as number) : value) as unknown,
    };
  });
  return {
    store(row, constants) {
      const given = { ...row, ...constants } as StoredRow;
      const stored: Record<string, unknown> = {};
      for (const { property, store } of columns) stored[property] = valueOrNull(given[property], store);
      return stored;
    },
    select(row) {
      const selected: Record<string, unknown> = {};
      for (const { property, select } of columns) selected[property] = valueOrNull(row[property], select);
      return selected;
    },
  };
}

/** As a driver gives it, with microseconds. */
function timeText(epochMs: number): string {
  if (epochMs === -Infinity) return "-infinity";
  const ms = Math.floor(epochMs);
  const micros = String(Math.round((epochMs - ms) * 1000)).padStart(3, "0");
  return new Date(ms).toISOString().replace("Z", `${micros}Z`);
}

function toEpochMs(value: unknown, unitMs: number): number {
  if (value instanceof Date) return value.getTime();
  if (typeof value !== "string") return Number(value) * unitMs;
  const [, ms = "", micros = ""] = /\.(\d{1,3})(\d{0,3})/.exec(value) ?? [];
  return Date.parse(value.replace(/\.\d+/, `.${ms.padEnd(3, "0")}`)) + Number(micros.padEnd(3, "0")) / 1000;
}

/** Bytes, which the caller may change later, are copied; a uuid is given back in lower case. */
function keep(type: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice();
  return type === "uuid" ? String(value).toLowerCase() : value;
}
