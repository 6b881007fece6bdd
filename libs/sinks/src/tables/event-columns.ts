import type { Field, FieldType } from "@tidemark/schema";
import {
  bigint,
  boolean,
  customType,
  date,
  doublePrecision,
  integer,
  jsonb,
  numeric,
  text,
  timestamp,
  uuid,
  type PgColumnBuilderBase,
} from "drizzle-orm/pg-core";
import { eventTime } from "./event-time.js";
import type { ColumnData, PipelineData } from "./pipeline-data.js";

/** A column being defined, whatever its type. */
export interface ColumnBuilder extends PgColumnBuilderBase {
  notNull(): ColumnBuilder;
  array(): ColumnBuilder;
}

const NUMERIC = /^numeric\((\d+), ?(\d+)\)$/;

/** The columns of an event and its rates, by property, in their order. */
export function eventColumns({
  fields,
  tables,
}: Pick<PipelineData, "fields" | "tables">): Record<string, ColumnBuilder> {
  return Object.fromEntries(
    Object.entries(tables.columns).map(([property, column]) => [property, eventColumn(property, column, fields)]),
  );
}

/** The column of one field or rate, which reads and writes the event's own form of its values. */
export function eventColumn(
  property: string,
  { name, type, nullable }: ColumnData,
  fields: readonly Field[],
): ColumnBuilder {
  const field = fields.find((one) => one.name === property);
  const column = columnOfType(name, type, field?.type);
  return nullable ? column : column.notNull();
}

function columnOfType(name: string, type: string, field: FieldType | undefined): ColumnBuilder {
  if (type.endsWith("[]")) {
    const element = field?.kind === "array" ? field.of : undefined;
    return columnOfType(name, type.slice(0, -"[]".length), element).array();
  }
  const [, precision, scale] = NUMERIC.exec(type) ?? [];
  if (precision !== undefined) return numeric(name, { precision: Number(precision), scale: Number(scale) });
  switch (type) {
    case "text":
      return text(name);
    case "uuid":
      return uuid(name);
    case "integer":
      return integer(name);
    case "bigint":
      return field?.kind === "bigint" ? bigint(name, { mode: "bigint" }) : bigint(name, { mode: "number" });
    case "double precision":
      return doublePrecision(name);
    case "boolean":
      return boolean(name);
    case "date":
      return date(name, { mode: "string" });
    case "jsonb":
      return jsonb(name);
    case "timestamp with time zone":
      return field?.kind === "time" ? eventTime(name, field.unit) : timestamp(name, { withTimezone: true });
    default:
      return customType<{ data: unknown }>({ dataType: () => type })(name);
  }
}
