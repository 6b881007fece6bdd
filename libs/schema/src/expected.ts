import type { Field, FieldType, TimeUnit } from "./field.js";
import { printable } from "./printable.js";

/** The values that a field takes, in words that Postgres's text takes. */
export function expectedOf({ type, nullable }: Pick<Field, "type" | "nullable">): string {
  return nullable ? `${wordsOf(type)}, or null` : wordsOf(type);
}

const units: Readonly<Record<TimeUnit, string>> = {
  s: "epoch seconds, an integer",
  ms: "epoch milliseconds, an integer",
  us: "epoch microseconds, an integer",
  iso: "ISO 8601 text with seconds and an offset",
};

function wordsOf(type: FieldType): string {
  switch (type.kind) {
    case "text":
      return wordsOfText(type);
    case "uuid":
      return `a UUID (8-4-4-4-12 hexadecimal digits)${matching(type.pattern)}`;
    case "integer":
      return `an integer ${type.min}..${type.max}`;
    case "double":
      return wordsOfDouble(type);
    case "boolean":
      return "true or false";
    case "enum":
      return printable(`one of ${type.values.map((value) => JSON.stringify(value)).join(", ")}`);
    case "time":
      if (type.unit === "iso") return `${units.iso}${matching(type.pattern)}`;
      return `${units[type.unit]} ${type.min}..${type.max}`;
    case "date":
      return "a date (YYYY-MM-DD)";
    case "bigint":
      return "an integer of 64 bits, as text or as a safe integer";
    case "decimal":
      return `decimal digits as text, at most ${type.precision}, of them at most ${type.scale} after the point`;
    case "array":
      return `an array, each ${wordsOf(type.of)}`;
    case "json":
      return "a JSON value without NUL or lone surrogates";
  }
}

function wordsOfText(type: Extract<FieldType, { kind: "text" }>): string {
  const { minLength = 0, maxLength, trim, pattern } = type;
  let length = "";
  if (maxLength !== undefined) length = minLength === 0 ? `at most ${maxLength} ` : `${minLength}..${maxLength} `;
  else if (minLength > 0) length = `at least ${minLength} `;
  const measured = length === "" ? "text" : `text of ${length}code units${trim === true ? " after trimming" : ""}`;
  return `${measured}, without NUL or lone surrogates${matching(pattern)}`;
}

function wordsOfDouble({ min, max, exclusiveMin, exclusiveMax }: Extract<FieldType, { kind: "double" }>): string {
  const bounds = [
    min === undefined ? "" : ` >= ${min}`,
    exclusiveMin === undefined ? "" : ` > ${exclusiveMin}`,
    max === undefined ? "" : ` <= ${max}`,
    exclusiveMax === undefined ? "" : ` < ${exclusiveMax}`,
  ];
  return `a finite number${bounds.join("")}`;
}

function matching(pattern: { readonly source: string; readonly flags: string } | undefined): string {
  return pattern === undefined ? "" : printable(` that matches /${pattern.source}/${pattern.flags}`);
}
