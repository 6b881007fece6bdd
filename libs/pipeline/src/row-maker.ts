import { evaluateRate } from "@tidemark/metrics";
import type { Field } from "@tidemark/schema";
import type { PipelineData } from "@tidemark/sinks/tables";

/** An event with its rates and its offset: a row of the raw table. Also holds what windows are computed from. */
export type EventRow = Record<string, unknown> & { readonly offset: number };

/** Makes rows of events, which become the rows. */
export interface RowMaker {
  /** The properties that a row has beside the event's own, in their order. */
  readonly added: readonly string[];
  complete(event: object, offset: number): EventRow;
}

/** Kinds of fields whose values are texts in Postgres's own spelling, as a restored key or id comes back. */
const TEXT_KINDS: ReadonlySet<string> = new Set(["text", "uuid", "enum", "date"]);

/** Properties that stand beside the event's own. No key of a JSON object that a table has a column for begins with NUL. */
const TIME_PROPERTY = "\0time";
const textProperty = (field: string) => `\0text:${field}`;

const kindOf = (fields: readonly Field[], name: string) => fields.find((field) => field.name === name)?.type.kind ?? "";

/** The property of a row that holds a field's value as text. */
export function textPropertyOf(data: PipelineData, field: string): string {
  return TEXT_KINDS.has(kindOf(data.fields, field)) ? field : textProperty(field);
}

/** The property of a row that holds its event time, and the unit of it. */
export function timePropertyOf({ time }: PipelineData): { readonly field: string; readonly unit: "s" | "ms" } {
  const { field, unit } = time;
  return unit === "s" || unit === "ms" ? { field, unit } : { field: TIME_PROPERTY, unit: "ms" };
}

/** Milliseconds since 1970 of a row's event time, rounded down. */
export function timeOf({ time }: PipelineData, row: EventRow): number {
  const value = row[time.field];
  switch (time.unit) {
    case "s":
      return (value as number) * 1000;
    case "ms":
      return value as number;
    case "us":
      return Math.floor((value as number) / 1000);
    case "iso":
      return isoToMs(value as string);
  }
}

/** Date.parse cuts digits behind the third of the fraction, which is rounding down: a fraction is never negative. */
function isoToMs(text: string): number {
  return Date.parse(text.replace(/(\.\d{3})\d+/, "$1"));
}

/**
 * Makes a row of an event: its rates, its offset, and what windows are computed from beside these are added to it. The assignments are
 * generated for each definition: they cost a fraction of a loop over names.
 */
export function createRowMaker(data: PipelineData): RowMaker {
  const { rates, time, id, rollups } = data;
  const timeProperty = timePropertyOf(data).field;
  const texts = new Set([...(id === null ? [] : [id]), ...rollups.flatMap(({ keys }) => keys)]);
  const properties: readonly (readonly [string, string])[] = [
    ...rates.map(({ name }, at) => [name, `evaluateRate(rates[${at}], event)`] as const),
    ["offset", "offset"],
    ...(timeProperty === time.field ? [] : ([[timeProperty, "timeOf(data, event)"]] as const)),
    ...[...texts]
      .filter((field) => textPropertyOf(data, field) !== field)
      .map((field) => [textPropertyOf(data, field), `String(${valueOf(field)})`] as const),
  ];
  // The only names of the user's in the code are keys, as JSON writes them.
  const assignments = properties.map(([name, value]) => `event[${JSON.stringify(name)}] = ${value};`).join(" ");
  const body = `return (event, offset) => { ${assignments} return event; };`;
  const make = new Function("evaluateRate", "rates", "timeOf", "data", body);
  const complete = make(evaluateRate, rates, timeOf, data) as RowMaker["complete"];
  return { added: properties.map(([name]) => name), complete };
}

const valueOf = (field: string) => `event[${JSON.stringify(field)}]`;
