import type { Field, FieldType } from "./field.js";

/** The SQL type of a field's column, as Drizzle writes it. */
export function columnTypeOf({ type }: Pick<Field, "type">): string {
  switch (type.kind) {
    case "text":
    case "enum":
      return "text";
    case "uuid":
    case "boolean":
    case "date":
    case "bigint":
      return type.kind;
    case "integer":
      return type.min >= -2_147_483_648 && type.max <= 2_147_483_647 ? "integer" : "bigint";
    case "double":
      return "double precision";
    case "time":
      return "timestamp with time zone";
    case "decimal":
      return `numeric(${type.precision}, ${type.scale})`;
    case "array":
      return `${columnTypeOf({ type: type.of })}[]`;
    case "json":
      return "jsonb";
  }
}

/** Whether JSON has no such value, so that the wire holds text: a bigint, and an array of them. */
export function isTextOnWire(type: FieldType): boolean {
  return type.kind === "bigint" || (type.kind === "array" && isTextOnWire(type.of));
}
