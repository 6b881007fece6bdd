import { rateSql } from "@tidemark/metrics";
import { getTableColumns, getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { escapeLiteral } from "pg";
import { qualifiedName, quoteIdentifier } from "../../identifiers.js";
import type { AggregateData, PipelineData, RollupData } from "../../tables/pipeline-data.js";
import type { DerivedTables } from "../../tables/pipeline-tables.js";
import { MERGED_PARTITION } from "../../tables/merged-partition.js";
import { findSameRollup, isSameProperty } from "./event-changes.js";

export interface SeedPlace {
  readonly topic: string;
  readonly partitions: readonly number[];
  /** Epoch ms: where new rollups begin; undefined: they are whole. */
  readonly fromMs: number | undefined;
}

/** The start that `rejectedValues: "start"` keeps of a value. */
const START_BYTES = 4_096;
const SECONDS_OF = { s: 1, ms: 0.001, us: 0.000001 } as const;

const placeOf = (schema: string, name: string) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
const columnsOf = (table: PgTable) => Object.entries(getTableColumns(table));
const isIn = ({ topic, partitions }: SeedPlace) =>
  `topic = ${escapeLiteral(topic)} AND partition = ANY ('{${partitions.join(",")}}'::int[])`;

/** Copies rows into a table: each of its columns gets what `valueOf` says of its property, or else the column of the same name. */
function copySql(table: PgTable, from: string, place: SeedPlace, valueOf: (property: string) => string | undefined) {
  const columns = columnsOf(table);
  const values = columns.map(([property, { name }]) => valueOf(property) ?? quoteIdentifier(name));
  return `INSERT INTO ${qualifiedName(table)} (${columns.map(([, { name }]) => quoteIdentifier(name)).join(", ")})
    SELECT ${values.join(", ")} FROM ${from} WHERE ${isIn(place)}`;
}

/** The SQL of a field or rate of the new definition, over rows of the former raw or late table. */
function createValueSql(former: PipelineData, data: PipelineData): (property: string) => string | undefined {
  const valueOf = (property: string): string => {
    const rate = data.rates.find(({ name }) => name === property);
    if (isSameProperty(former, data, property))
      return quoteIdentifier(former.tables.columns[property]?.name ?? property);
    if (rate !== undefined) return rateSql(rate, valueOf);
    const field = data.fields.find(({ name }) => name === property);
    const type = data.tables.columns[property]?.type ?? "text";
    if (field?.default === undefined) return `NULL::${type}`;
    const unit = field.type.kind === "time" ? field.type.unit : "iso";
    if (unit !== "iso") return `to_timestamp(${Number(field.default) * SECONDS_OF[unit]}::float8)`;
    return `${escapeLiteral(String(field.default))}::${type}`;
  };
  return (property) => (property in data.tables.columns ? valueOf(property) : undefined);
}

/** Statements, in order, that fill the tables of records, the counter tables and the rollups. */
export function seedStatements(
  former: PipelineData,
  data: PipelineData,
  tables: DerivedTables,
  place: SeedPlace,
): readonly string[] {
  const laterMs = data.watermarkDelayMs - former.watermarkDelayMs;
  const { schema, raw, late, rejected, rejectedValues } = former.tables;
  const eventValue = createValueSql(former, data);
  const watermark = laterMs === 0 ? undefined : `watermark - ${laterMs} * interval '1 millisecond'`;
  const isCut = rejectedValues === "whole" && data.tables.rejectedValues === "start";
  return [
    copySql(tables.raw, placeOf(schema, raw), place, eventValue),
    copySql(tables.late, placeOf(schema, late), place, (property) =>
      property === "watermark" ? watermark : eventValue(property),
    ),
    copySql(tables.rejected, placeOf(schema, rejected), place, (property) => {
      if (property === "bytes" && isCut) return `substring(bytes FROM 1 FOR ${START_BYTES})`;
      return property === "watermark" ? watermark : undefined;
    }),
    ...data.tables.verdicts.map(({ sizeMs }, at) => counterSql(former, tables.verdicts[at] as PgTable, sizeMs, place)),
    ...data.rollups.map((rollup) => rollupSql(former, data, rollup, tables, place)),
    ...topicIdStatements(former, tables, place),
  ];
}

/** Counts of windows add up to those of larger ones. */
function counterSql({ tables }: PipelineData, table: PgTable, sizeMs: number, place: SeedPlace): string {
  const source = tables.verdicts.findLast((one) => sizeMs % one.sizeMs === 0);
  if (source === undefined)
    throw new Error(`No former counter table has windows that divide those of ${getTableName(table)}.`);
  const start = `date_bin(${sizeMs} * interval '1 millisecond', window_start, timestamptz 'epoch')`;
  return `INSERT INTO ${qualifiedName(table)} (topic, partition, window_start, verdict, detail, records)
    SELECT topic, partition, ${start}, verdict, detail, sum(records)::int8 FROM ${placeOf(tables.schema, source.name)}
    WHERE ${isIn(place)} GROUP BY 1, 2, 3, 4, 5`;
}

function rollupSql(
  former: PipelineData,
  data: PipelineData,
  rollup: RollupData,
  tables: DerivedTables,
  place: SeedPlace,
): string {
  const table = tables.rollups[rollup.name] as PgTable;
  const known = findSameRollup(former, data, rollup);
  if (known === undefined) return countSql(data, rollup, { raw: tables.raw, table }, place);
  const isKey = new Set(rollup.keys);
  // Once windows of several partitions are merged into one row, all partitions are copied (`findLostPartitions`).
  const withMerged = { ...place, partitions: [MERGED_PARTITION, ...place.partitions] };
  return copySql(table, placeOf(former.tables.schema, known.name), withMerged, (property) =>
    isKey.has(property) ? quoteIdentifier(former.tables.columns[property]?.name ?? property) : undefined,
  );
}

/** The keys that a rollup with a limit has a row for are the first ones of a window and partition, in offset order. */
const OTHER = "'other'";

/** A name that no column of the user's has. */
const keyAt = (at: number) => `"$key${at}"`;

/** Counts the raw rows that were copied. Doubles are added in offset order, as the pipeline adds them. */
function countSql(
  { tables: { columns }, time }: PipelineData,
  { window, keys, aggregates, keyLimit }: RollupData,
  { raw, table }: { readonly raw: PgTable; readonly table: PgTable },
  place: SeedPlace,
): string {
  const columnOf = (field: string) => quoteIdentifier(columns[field]?.name ?? field);
  const start = `date_bin(${window.sizeMs} * interval '1 millisecond', ${columnOf(time.field)}, timestamptz 'epoch')`;
  const begins = place.fromMs === undefined ? "" : ` AND ${start} >= to_timestamp(${place.fromMs / 1000}::float8)`;
  const rows = `SELECT *, ${[`${start} AS "$window"`, ...keys.map((key, at) => `${columnOf(key)} AS ${keyAt(at)}`)].join(", ")}
    FROM ${qualifiedName(raw)} WHERE ${isIn(place)}${begins}`;
  const combination = ["topic", "partition", '"$window"', ...keys.map((_, at) => keyAt(at))].join(", ");
  const isOther = keys.length === 0 ? "false" : keys.map((_, at) => `${keyAt(at)} = ${OTHER}`).join(" AND ");
  const ranks = `SELECT ${combination}, row_number() OVER (PARTITION BY topic, partition, "$window" ORDER BY min("offset")) AS "$place"
    FROM counted WHERE NOT (${isOther}) GROUP BY ${combination}`;
  const isWithin = `"$place" <= ${keyLimit?.perWindow ?? 0}`;
  const limited = keys.map((_, at) => `CASE WHEN ${isWithin} THEN ${keyAt(at)} ELSE ${OTHER} END`);
  const shown = keyLimit === undefined ? keys.map((_, at) => keyAt(at)) : limited;
  const names = columnsOf(table).map(([, { name }]) => quoteIdentifier(name));
  const figures = Object.values(aggregates).flatMap((aggregate) => figuresOf(aggregate, columnOf));
  const groups = ["topic", "partition", '"$window"', ...shown];
  return `INSERT INTO ${qualifiedName(table)} (${names.join(", ")})
    WITH counted AS (${rows})${keyLimit === undefined ? "" : `, ranks AS (${ranks})`}
    SELECT ${[...groups, ...figures].join(", ")} FROM counted${keyLimit === undefined ? "" : ` LEFT JOIN ranks USING (${combination})`}
    GROUP BY ${groups.map((_, at) => at + 1).join(", ")}`;
}

function figuresOf(aggregate: AggregateData, columnOf: (field: string) => string): readonly string[] {
  if (aggregate.kind === "count") return ["count(*)"];
  const column = columnOf(aggregate.field);
  if (aggregate.kind === "count-non-null") return [`count(${column})`];
  // The pipeline adds to 0, so that the sum of negative zeros is 0.
  const sum =
    aggregate.of === "integer"
      ? `coalesce(sum(${column}), 0)::int8`
      : `(0::float8 + coalesce(sum(${column}::float8 ORDER BY "offset"), 0::float8))`;
  switch (aggregate.kind) {
    case "sum":
      return [sum];
    case "mean":
      return [sum, `count(${column})`];
    case "min":
    case "max":
      return [`${aggregate.kind}(${column})`];
  }
}

/** Where ids are unique over all partitions, they are copied of all of them. */
function topicIdStatements(former: PipelineData, { topicIds }: DerivedTables, { topic }: SeedPlace): readonly string[] {
  const names = former.tables.topicIds;
  if (names === undefined || topicIds === undefined) return [];
  const copy = (table: PgTable, name: string) => {
    const columns = columnsOf(table).map(([, column]) => quoteIdentifier(column.name));
    return `INSERT INTO ${qualifiedName(table)} (${columns.join(", ")}) SELECT ${columns.join(", ")}
      FROM ${placeOf(former.tables.schema, name)} WHERE topic = ${escapeLiteral(topic)}`;
  };
  return [copy(topicIds.ids, names.ids), copy(topicIds.copies, names.copies)];
}
