import { columnTypeOf, type Field } from "@tidemark/schema";
import type { ColumnData, TablesData } from "@tidemark/sinks/tables";
import { getTableColumns, getTableName, is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import type { DefinitionCheck } from "./checks.js";
import type { TablesOf } from "./pipeline-definition.js";

/** Columns that every raw, late and rollup table has beside the event's own. */
const RESERVED_COLUMNS = ["topic", "partition", "offset", "watermark", "missed_by_ms", "window_start", "closed"];

const KNOWN = [
  "schema",
  "partitionBy",
  "onConflict",
  "raw",
  "late",
  "rejected",
  "rejectedValues",
  "verdicts",
  "columns",
];

export interface OwnTables {
  readonly raw?: PgTable;
  readonly late?: PgTable;
}

/** The tables of a pipeline as data, and those among them that the user made. */
export function describeTables(
  check: DefinitionCheck,
  pipeline: string,
  tables: TablesOf<never, string>,
  fields: readonly Field[],
  rates: readonly string[],
): { readonly data: TablesData; readonly own: OwnTables } {
  check.object("tables", tables, KNOWN);
  const { raw = pipeline, late = `${pipeline}_late`, rejected = `${pipeline}_rejected` } = tables;
  const verdicts = tables.verdicts ?? { minutely: `${pipeline}_verdicts_1m`, hourly: `${pipeline}_verdicts_1h` };
  check.object("tables.verdicts", verdicts, ["minutely", "hourly"]);
  const own: OwnTables = { ...(isTable(raw) && { raw }), ...(isTable(late) && { late }) };
  const schema = check.identifier("tables.schema", tables.schema ?? (isTable(raw) ? schemaOf(raw) : "public"));
  for (const [which, table] of Object.entries(own) as [keyof OwnTables, PgTable][]) {
    if (schemaOf(table) !== schema) check.refuse(`tables.${which}`, schemaOf(table), `a table in the schema ${schema}`);
  }
  const nameOf = (field: string, table: string | PgTable) =>
    isTable(table) ? getTableName(table) : check.identifier(`tables.${field}`, table);
  const columns = isTable(raw)
    ? columnsOfTable(check, "tables.raw", raw, fields, rates)
    : deriveColumns(check, fields, rates, (tables.columns ?? {}) as Readonly<Record<string, string>>);
  if (isTable(late)) columnsOfTable(check, "tables.late", late, fields, rates);
  const data: TablesData = {
    schema,
    raw: nameOf("raw", raw),
    late: nameOf("late", late),
    rejected: check.identifier("tables.rejected", rejected),
    rejectedValues: check.oneOf("tables.rejectedValues", tables.rejectedValues ?? "start", ["start", "whole"]),
    verdicts: [
      { name: check.identifier("tables.verdicts.minutely", verdicts.minutely), sizeMs: 60_000 },
      { name: check.identifier("tables.verdicts.hourly", verdicts.hourly), sizeMs: 3_600_000 },
    ],
    partitionBy: check.oneOf("tables.partitionBy", tables.partitionBy ?? (own.raw ? "none" : "day"), ["day", "none"]),
    onConflict: check.oneOf("tables.onConflict", tables.onConflict ?? "refuse", ["refuse", "duplicate"]),
    columns,
    own: Object.keys(own) as TablesData["own"],
  };
  return { data, own };
}

const isTable = (value: unknown): value is PgTable => is(value, PgTable);

const schemaOf = (table: PgTable) => getTableConfig(table).schema ?? "public";

function deriveColumns(
  check: DefinitionCheck,
  fields: readonly Field[],
  rates: readonly string[],
  renamed: Readonly<Record<string, string>>,
): Record<string, ColumnData> {
  const known = [...fields.map(({ name }) => name), ...rates];
  check.object("tables.columns", renamed, known);
  const columns: Record<string, ColumnData> = {};
  const taken = new Map<string, string>(RESERVED_COLUMNS.map((column) => [column, "Tidemark"]));
  const add = (property: string, type: string, nullable: boolean) => {
    const name = check.identifier(`tables.columns.${property}`, renamed[property] ?? toSnakeCase(property));
    const owner = taken.get(name);
    if (owner !== undefined) check.refuse(`tables.columns.${property}`, name, `a column that ${owner} has not taken`);
    taken.set(name, property);
    columns[property] = { name, type, nullable };
  };
  for (const field of fields) add(field.name, columnTypeOf(field), field.nullable || field.optional);
  for (const rate of rates) add(rate, "double precision", true);
  return columns;
}

function columnsOfTable(
  check: DefinitionCheck,
  path: string,
  table: PgTable,
  fields: readonly Field[],
  rates: readonly string[],
): Record<string, ColumnData> {
  const own = getTableColumns(table);
  const needed = [...fields.map(({ name }) => name), ...rates];
  const missing = [...needed, "topic", "partition", "offset"].find((property) => own[property] === undefined);
  if (missing !== undefined) {
    check.refuse(
      path,
      getTableName(table),
      `a table with a property for each field and rate, topic, partition and offset; it has no ${missing}`,
    );
  }
  return Object.fromEntries(
    needed.map((property) => {
      const column = own[property] as (typeof own)[string];
      return [property, { name: column.name, type: column.getSQLType(), nullable: !column.notNull }];
    }),
  );
}

/** `PlacedAt`, `placedAt` and `Placed_At` become `placed_at`. */
function toSnakeCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();
}
