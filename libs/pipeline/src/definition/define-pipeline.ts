import { defineRate, type RateDefinition } from "@tidemark/metrics";
import { defineEvent, SchemaError, type EventCodec, type Field } from "@tidemark/schema";
import {
  deriveTables,
  type DerivedTables,
  type PipelineData,
  type PipelineTables,
  type TypedRollup,
} from "@tidemark/sinks/tables";
import type { z } from "zod";
import { DefinitionCheck } from "./checks.js";
import { scopeIds } from "./id-scope.js";
import { describeKeyLimit } from "./key-limit.js";
import { describeRollups } from "./pipeline-rollups.js";
import { describeTables } from "./pipeline-tables.js";
import type { IdScope, KeyLimit, PipelineDefinition, RateOf, RollupOf } from "./pipeline-definition.js";

/** A pipeline from a topic to its tables, whatever its event. Nothing happens before it is migrated or run. */
export interface Pipeline {
  readonly name: string;
  readonly event: Pick<EventCodec<object>, "decode" | "createDecoder">;
  /** Everything that the tables depend on beside the log, as JSON. */
  readonly data: PipelineData;
  /** Drizzle tables, to query with. */
  readonly tables: DerivedTables;
}

/** A pipeline whose event and tables are typed. */
export interface TypedPipeline<E extends object, RateName extends string, Rollup extends TypedRollup> extends Pipeline {
  readonly event: EventCodec<E>;
  readonly tables: PipelineTables<E, RateName, Rollup>;
}

const KNOWN = ["name", "event", "id", "idScope", "time", "rates", "watermark", "rollups", "tables"];
const NUMBERS: ReadonlySet<string> = new Set(["integer", "double"]);
const MAX_RATES = 50;
/** `defineRate` takes no others. */
const RATE_FIELD = /^[A-Za-z_][A-Za-z0-9_]{0,56}$/;

/**
 * Makes a pipeline of a definition. A field that the event does not have, or one of another type, does not compile.
 *
 * @throws PipelineDefinitionError with the path to the wrong value, the value, and what is allowed
 */
export function definePipeline<
  E extends object,
  const Rates extends readonly RateOf<E>[] = readonly [],
  const Rollups extends readonly RollupOf<E, Rates[number]["name"]>[] = readonly RollupOf<E, Rates[number]["name"]>[],
>(definition: PipelineDefinition<E, Rates, Rollups>): TypedPipeline<E, Rates[number]["name"], Rollups[number]> {
  const check = new DefinitionCheck((definition as { name?: unknown } | undefined)?.name, definePipeline);
  check.object("", definition, KNOWN);
  const name = check.name("name", definition.name);
  const { watermark, id, tables = {} } = definition;
  check.object("time", definition.time, ["field", "unit"]);
  const unit = check.oneOf("time.unit", definition.time.unit, ["s", "ms", "us", "iso"]);
  const event = codecOf(check, definition.event, { field: definition.time.field, unit });
  const { fields } = event;
  const time = checkTime(check, fields, { field: definition.time.field, unit });
  check.object("watermark", watermark, ["delay", "allowedLateness", "maxFutureSkew"]);
  const rates = checkRates(check, fields, definition.rates ?? []);
  const described = describeTables(
    check,
    name,
    tables,
    fields,
    rates.map((rate) => rate.name),
  );
  const unscoped: PipelineData = {
    version: 1,
    name,
    decoder: event.decoder,
    fields,
    id: id === undefined ? null : checkId(check, fields, id),
    time,
    rates,
    watermarkDelayMs: check.duration("watermark.delay", watermark.delay),
    allowedLatenessMs: check.duration("watermark.allowedLateness", watermark.allowedLateness ?? "0s"),
    maxFutureSkewMs: check.duration("watermark.maxFutureSkew", watermark.maxFutureSkew ?? "1m"),
    rollups: describeRollups(check, definition.rollups, fields, rates, described.data),
    tables: described.data,
  };
  const data = scopeIds(check, unscoped, definition.idScope ?? "partition");
  const derived = deriveTables(data, described.own);
  // Drizzle tables are made of data here; their types follow from the definition's.
  const typed = derived as unknown as PipelineTables<E, Rates[number]["name"], Rollups[number]>;
  return Object.freeze({ name, event, data, tables: typed });
}

/** Durations of a definition that a person may choose without writing another one. */
export interface PipelineTimes {
  readonly watermarkDelayMs: number;
  readonly allowedLatenessMs: number;
  readonly maxFutureSkewMs: number;
}

/** The same pipeline with other durations: another definition, which refuses tables made with the first one. */
export function withTimes<P extends Pipeline>(pipeline: P, times: Partial<PipelineTimes>): P {
  return Object.freeze({ ...pipeline, data: { ...pipeline.data, ...times } });
}

/**
 * The same pipeline with this limit in each rollup that has keys: another definition, as with other durations.
 *
 * @throws PipelineDefinitionError as `definePipeline` does
 */
export function withKeyLimit<P extends Pipeline>(pipeline: P, limit: KeyLimit): P {
  const { data } = pipeline;
  const check = new DefinitionCheck(data.name, withKeyLimit);
  const event = { fields: data.fields, columns: data.tables.columns };
  const rollups = data.rollups.map((rollup, at) => {
    if (rollup.keys.length === 0) return rollup;
    return { ...rollup, keyLimit: describeKeyLimit(check, `rollups[${at}].keyLimit`, limit, rollup.keys, event) };
  });
  return Object.freeze({ ...pipeline, data: { ...data, rollups } });
}

/**
 * The same pipeline with ids that are unique in this scope: another definition, as with other durations.
 *
 * @throws PipelineDefinitionError as `definePipeline` does
 */
export function withIdScope<P extends Pipeline>(pipeline: P, idScope: IdScope): P {
  const { topicIds: _, ...tables } = pipeline.tables;
  const data = scopeIds(new DefinitionCheck(pipeline.name, withIdScope), pipeline.data, idScope);
  const { topicIds } = deriveTables(data);
  return Object.freeze({ ...pipeline, data, tables: topicIds === undefined ? tables : { ...tables, topicIds } });
}

function codecOf<E extends object>(
  check: DefinitionCheck,
  event: z.ZodType<E> | EventCodec<E>,
  time: PipelineData["time"],
): EventCodec<E> {
  if (typeof event !== "object" || event === null)
    check.refuse("event", event, "a zod object, or what defineEvent makes");
  if ("decode" in event && "fields" in event) return event as EventCodec<E>;
  if (!("shape" in event)) check.refuse("event", event, "a zod object, or what defineEvent makes");
  const schema = event as unknown as z.ZodObject;
  if (!(time.field in schema.shape)) {
    check.refuse("time.field", time.field, `a field of the event (${Object.keys(schema.shape).join(", ")})`);
  }
  try {
    return defineEvent(schema, { time }) as unknown as EventCodec<E>;
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    const { code, field, allowed } = error;
    if (code === "wrong-unit") return check.refuse("time.unit", time.unit, allowed);
    if (code === "wrong-time") return check.refuse("time.field", time.field, allowed);
    if (field === null) return check.refuse("event", schema, allowed);
    return check.refuse(`event.${field}`, schema.shape[field], allowed);
  }
}

const namesOf = (fields: readonly Field[]) => fields.map(({ name }) => name).join(", ");

/** The field of that name. */
function fieldAt(check: DefinitionCheck, path: string, fields: readonly Field[], name: unknown): Field {
  const found = fields.find((field) => field.name === name);
  return found ?? check.refuse(path, name, `a field of the event (${namesOf(fields)})`);
}

function checkTime(check: DefinitionCheck, fields: readonly Field[], time: PipelineData["time"]): PipelineData["time"] {
  const field = fieldAt(check, "time.field", fields, time.field);
  if (field.nullable || field.optional) check.refuse("time.field", field.name, "a field that is never null or missing");
  if (field.type.kind !== "time") check.refuse("time.field", field.name, "the field that defineEvent has as its time");
  const { unit } = field.type;
  if (unit !== time.unit) check.refuse("time.unit", time.unit, `${JSON.stringify(unit)}, as defineEvent has it`);
  return time;
}

function checkId(check: DefinitionCheck, fields: readonly Field[], id: string): string {
  const { type, nullable, optional, name } = fieldAt(check, "id", fields, id);
  if (nullable || optional) check.refuse("id", name, "a field that is never null or missing");
  if (!["text", "uuid", "integer", "bigint", "enum"].includes(type.kind)) {
    check.refuse("id", name, "a text, a UUID or an integer");
  }
  return name;
}

function checkRates(
  check: DefinitionCheck,
  fields: readonly Field[],
  rates: readonly RateDefinition[],
): readonly RateDefinition[] {
  check.list("rates", rates, "a list of rates");
  if (rates.length > MAX_RATES) check.refuse("rates", `${rates.length} rates`, `at most ${MAX_RATES}`);
  return rates.map((rate, at) => {
    const path = `rates[${at}]`;
    check.object(path, rate, ["name", "title", "numerator", "denominator", "scale", "unit"]);
    for (const part of ["numerator", "denominator"] as const) {
      const { type, nullable, optional, name } = fieldAt(check, `${path}.${part}`, fields, rate[part]);
      if (!NUMBERS.has(type.kind) || nullable || optional) {
        check.refuse(`${path}.${part}`, name, "a number field that is never null or missing");
      }
      if (!RATE_FIELD.test(name)) {
        check.refuse(`${path}.${part}`, name, "a field whose name is 1 to 57 letters, digits and underscores");
      }
    }
    check.name(`${path}.name`, rate.name);
    const isTaken =
      fields.some(({ name }) => name === rate.name) || rates.findIndex(({ name }) => name === rate.name) < at;
    if (isTaken) check.refuse(`${path}.name`, rate.name, "a name that no field and no other rate has");
    check.text(`${path}.title`, rate.title);
    check.text(`${path}.unit`, rate.unit);
    if (!Number.isFinite(rate.scale) || rate.scale <= 0) {
      check.refuse(`${path}.scale`, rate.scale, "a finite number above 0");
    }
    if (rate.unit === "percent" && rate.scale !== 100) {
      check.refuse(`${path}.scale`, rate.scale, "100, as the unit is percent");
    }
    return defineRate(rate);
  });
}
