import type { RateDefinition } from "@tidemark/metrics";
import type { Field } from "@tidemark/schema";
import { formatDuration, type AggregateData, type RollupData, type TablesData } from "@tidemark/sinks/tables";
import type { DefinitionCheck } from "./checks.js";
import { describeKeyLimit } from "./key-limit.js";
import type { AggregateOf, RollupOf } from "./pipeline-definition.js";

const KEY_KINDS: ReadonlySet<string> = new Set(["text", "uuid", "enum", "integer", "bigint", "boolean", "date"]);
const RESERVED_COLUMNS = ["topic", "partition", "window_start", "closed"];
const KINDS = ["count", "count-non-null", "sum", "mean", "min", "max"] as const;

/** The rollups as data, checked against the event's fields and the rates. */
export function describeRollups(
  check: DefinitionCheck,
  rollups: readonly RollupOf<never, string>[],
  fields: readonly Field[],
  rates: readonly RateDefinition[],
  tables: TablesData,
): readonly RollupData[] {
  check.list("rollups", rollups, "a list of one or more rollups");
  if (rollups.length === 0) check.refuse("rollups", rollups, "one or more rollups");
  const taken = new Set([tables.raw, tables.late, tables.rejected, ...tables.verdicts.map(({ name }) => name)]);
  let baseMs: number | undefined;
  return rollups.map((rollup, at) => {
    const path = `rollups[${at}]`;
    check.object(path, rollup, ["name", "window", "keys", "aggregates", "keyLimit"]);
    const name = check.name(`${path}.name`, rollup.name);
    if (taken.has(name)) check.refuse(`${path}.name`, name, "a name that no other table of the pipeline has");
    taken.add(name).add(`${name}_total`);
    check.object(`${path}.window`, rollup.window, ["kind", "size"]);
    check.oneOf(`${path}.window.kind`, rollup.window.kind, ["tumbling"]);
    const sizeMs = check.duration(`${path}.window.size`, rollup.window.size);
    baseMs ??= sizeMs;
    if (sizeMs === 0) check.refuse(`${path}.window.size`, rollup.window.size, "more than 0");
    if (sizeMs % baseMs !== 0) {
      check.refuse(
        `${path}.window.size`,
        rollup.window.size,
        `a multiple of ${formatDuration(baseMs)}, the size of the first rollup`,
      );
    }
    const keys = describeKeys(check, `${path}.keys`, rollup.keys, fields);
    const columns = new Set([...RESERVED_COLUMNS, ...keys.map((key) => tables.columns[key]?.name ?? key)]);
    const aggregates = describeAggregates(check, `${path}.aggregates`, rollup.aggregates, fields, rates, columns);
    const described: RollupData = { name, window: { kind: "tumbling", sizeMs }, keys, aggregates };
    if (rollup.keyLimit === undefined) return described;
    const event = { fields, columns: tables.columns };
    return { ...described, keyLimit: describeKeyLimit(check, `${path}.keyLimit`, rollup.keyLimit, keys, event) };
  });
}

function describeKeys(
  check: DefinitionCheck,
  path: string,
  keys: readonly string[],
  fields: readonly Field[],
): readonly string[] {
  check.list(path, keys, "a list of fields of the event");
  return keys.map((key, at) => {
    const field = fields.find(({ name }) => name === key);
    if (field === undefined) {
      return check.refuse(`${path}[${at}]`, key, `a field of the event (${fields.map(({ name }) => name).join(", ")})`);
    }
    if (!KEY_KINDS.has(field.type.kind) || field.nullable || field.optional) {
      check.refuse(
        `${path}[${at}]`,
        key,
        "a field of text, integers, booleans, dates or UUIDs that is never null or missing",
      );
    }
    if (keys.indexOf(key) !== at) check.refuse(`${path}[${at}]`, key, "each field once");
    return key;
  });
}

function describeAggregates(
  check: DefinitionCheck,
  path: string,
  aggregates: Readonly<Record<string, AggregateOf<never, string>>>,
  fields: readonly Field[],
  rates: readonly RateDefinition[],
  columns: Set<string>,
): Readonly<Record<string, AggregateData>> {
  if (typeof aggregates !== "object" || aggregates === null || Object.keys(aggregates).length === 0) {
    check.refuse(path, aggregates, "one or more aggregates by their names");
  }
  return Object.fromEntries(
    Object.entries(aggregates).map(([given, aggregate]) => {
      const name = check.name(`${path}'s name`, given);
      const described = describeAggregate(check, `${path}.${name}`, aggregate, fields, rates);
      const own = described.kind === "mean" ? [`${name}_sum`, `${name}_count`] : [name];
      for (const column of own) {
        if (columns.has(column)) check.refuse(`${path}'s name`, name, `a name whose column ${column} is not taken`);
        columns.add(column);
      }
      return [name, described];
    }),
  );
}

function describeAggregate(
  check: DefinitionCheck,
  path: string,
  aggregate: AggregateOf<never, string>,
  fields: readonly Field[],
  rates: readonly RateDefinition[],
): AggregateData {
  check.object(path, aggregate, ["kind", "field"]);
  const kind = check.oneOf(`${path}.kind`, aggregate.kind, KINDS);
  if (kind === "count") return { kind };
  const { field: name } = aggregate as { readonly field: string };
  const known = [...fields.map((field) => field.name), ...rates.map((rate) => rate.name)];
  if (!known.includes(name))
    check.refuse(`${path}.field`, name, `a field of the event or a rate (${known.join(", ")})`);
  if (kind === "count-non-null") return { kind, field: name };
  const type = fields.find((field) => field.name === name)?.type.kind ?? "double";
  if (type !== "integer" && type !== "double") check.refuse(`${path}.field`, name, "a number field or a rate");
  return { kind, field: name, of: type };
}
