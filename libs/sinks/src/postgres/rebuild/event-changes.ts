import type { Field } from "@tidemark/schema";
import { compareDefinitions } from "../../definition.js";
import type { AggregateData, PipelineData, RollupData } from "../../tables/pipeline-data.js";

/** Parts of a definition that decide the outcome of a record, beside its fields and times. */
const DECIDING: readonly (readonly [name: string, part: (data: PipelineData) => unknown])[] = [
  ["decoder", ({ decoder }) => decoder],
  ["id", ({ id }) => id],
  ["time", ({ time }) => time],
  ["tables.onConflict", ({ tables }) => tables.onConflict],
  ["idScope", ({ tables }) => tables.topicIds],
];

/**
 * Why rows do not tell how another definition would have decoded and judged the records that they were made of: a sentence each.
 * Times of the definition are another matter. `absent`: fields that none of these records had.
 */
export function findEventChanges(
  former: PipelineData,
  data: PipelineData,
  { absent, rejected }: { readonly absent: readonly string[]; readonly rejected: number },
): string[] {
  const others = DECIDING.filter(([, part]) => compareDefinitions(part(former), part(data)).length > 0);
  return others
    .map(([name]) => `The definition's ${name} changes: only the log tells what becomes of each record then.`)
    .concat(
      data.fields.flatMap((field) => findFieldChange(former, field, absent)),
      findGoneFields(former, data, rejected),
      data.rollups.flatMap((rollup) => findLimitChange(rollup, former.rollups, "gets")),
      former.rollups.flatMap((rollup) => findLimitChange(rollup, data.rollups, "had")),
    );
}

const fieldOf = ({ fields }: PipelineData, name: string) => fields.find((field) => field.name === name);

function findFieldChange(former: PipelineData, field: Field, absent: readonly string[]): string[] {
  const { name } = field;
  const known = fieldOf(former, name);
  if (known !== undefined)
    return compareDefinitions(known, field).length === 0
      ? []
      : [`The field ${name} changes its type or its limits: only the log tells which records fit it.`];
  if (!field.optional && field.default === undefined)
    return [
      `The new field ${name} must not be missing, and rows do not tell whether records had it: make it optional or give it a default, and see --absent.`,
    ];
  if (absent.includes(name)) return [];
  return [
    `Rows do not tell whether the records that were read had the new field ${name}: --absent ${name} says that none had it, and without it only the log can tell.`,
  ];
}

/** The first wrong field of a record gives the reason of its rejection. */
function findGoneFields(former: PipelineData, data: PipelineData, rejected: number): string[] {
  const kept = former.fields.map(({ name }) => name).filter((name) => fieldOf(data, name) !== undefined);
  const order = data.fields.map(({ name }) => name).filter((name) => fieldOf(former, name) !== undefined);
  const isSame = kept.length === former.fields.length && kept.every((name, at) => name === order[at]);
  if (isSame || rejected === 0) return [];
  return [
    `Fields are gone or in another order, and ${rejected} records were rejected: only the log tells which of them fit now, and why the others do not.`,
  ];
}

/** A limit that rejects records is part of how each is judged. */
function findLimitChange(rollup: RollupData, others: readonly RollupData[], verb: string): string[] {
  if (rollup.keyLimit?.beyond !== "reject") return [];
  if (others.some((other) => hasSameRows(rollup, other))) return [];
  return [
    `The rollup ${rollup.name} ${verb} a limit of keys that rejects records: only the log tells which it would reject.`,
  ];
}

/** Whether two rollups have a row for the same windows and keys. */
function hasSameRows(one: RollupData, other: RollupData): boolean {
  return compareDefinitions(shapeOf(one), shapeOf(other)).length === 0;
}

const shapeOf = ({ window, keys, keyLimit }: RollupData) => ({ window, keys, keyLimit });

/** Whether a rate, or a field, has the same values in both. */
export function isSameProperty(former: PipelineData, data: PipelineData, name: string): boolean {
  const [known, rate] = [former, data].map(({ rates }) => rates.find((one) => one.name === name));
  if (rate === undefined || known === undefined)
    return rate === known && fieldOf(former, name) !== undefined && fieldOf(data, name) !== undefined;
  return (
    rate.scale === known.scale &&
    rate.numerator === known.numerator &&
    rate.denominator === known.denominator &&
    [rate.numerator, rate.denominator].every((field) => isSameProperty(former, data, field))
  );
}

/** The former rollup whose table has all rows and figures of this one; undefined: there is none. */
export function findSameRollup(former: PipelineData, data: PipelineData, rollup: RollupData): RollupData | undefined {
  const isSame = (known: AggregateData | undefined, aggregate: AggregateData) =>
    known !== undefined &&
    compareDefinitions(known, aggregate).length === 0 &&
    (!("field" in aggregate) || isSameProperty(former, data, aggregate.field));
  const alike = former.rollups.filter(
    (known) =>
      hasSameRows(known, rollup) &&
      Object.entries(rollup.aggregates).every(([name, aggregate]) => isSame(known.aggregates[name], aggregate)),
  );
  return alike.find(({ name }) => name === rollup.name) ?? alike[0];
}
