import { valueNamesOf, type OracleFieldType, type OracleRollup } from "@tidemark/scenario/oracle";
import { compareColumn, type ComparedColumn } from "./column.js";
import type { VerifiedDefinition } from "./definition.js";

/** A table of a pipeline, by its definition: Drizzle knows nothing here. */
export interface StoredTable {
  readonly name: string;
  /** Schema and name, quoted. */
  readonly sql: string;
}

/** A table of rows for records, and where it keeps what decides about retention. */
export interface RecordTable extends StoredTable {
  readonly columns: readonly ComparedColumn[];
}

export interface RollupTable extends StoredTable {
  readonly rollup: OracleRollup;
  /** The view over all partitions. */
  readonly total: StoredTable;
  /** The names of the keys' columns. */
  readonly keys: readonly string[];
  readonly values: readonly ComparedColumn[];
}

/** Of ids that are unique over all partitions. */
export interface TopicIdTables {
  readonly ids: StoredTable;
  readonly copies: StoredTable;
}

export interface PipelineTables {
  readonly raw: RecordTable;
  readonly late: RecordTable;
  readonly rejected: RecordTable;
  /** How many bytes of a rejected value are kept. */
  readonly keptBytes: number;
  readonly rollups: readonly RollupTable[];
  readonly verdicts: readonly (StoredTable & { readonly sizeMs: number })[];
  /** Undefined where ids are unique in each partition alone. */
  readonly topicIds: TopicIdTables | undefined;
  /** Tables that only this pipeline writes. */
  readonly derived: readonly StoredTable[];
}

const STARTS_KEPT = 4_096;
const timestamp = "timestamp with time zone";

export function tablesOf(definition: VerifiedDefinition): PipelineTables {
  const { tables, fields, rollups } = definition;
  const tableOf = (name: string): StoredTable => ({ name, sql: `${quote(tables.schema)}.${quote(name)}` });
  const typeOf = (property: string): OracleFieldType =>
    fields.find(({ name }) => name === property)?.type ?? { kind: "double" };
  const event = Object.entries(tables.columns).map(([property, { name, type }]) =>
    compareColumn({ property, name, type }, typeOf(property)),
  );
  const own = (name: string, type: string) => compareColumn({ property: name, name, type });
  const watermark = own("watermark", timestamp);
  const raw = { ...tableOf(tables.raw), columns: event };
  const late = { ...tableOf(tables.late), columns: [...event, watermark, own("missed_by_ms", "bigint")] };
  // The words of `expected` and `received` are for people, and may change.
  const rejected = {
    ...tableOf(tables.rejected),
    columns: [
      own("bytes", "bytea"),
      own("byte_length", "integer"),
      own("sha256", "bytea"),
      own("reason", "text"),
      own("field", "text"),
      watermark,
    ],
  };
  const rollupTables = rollups.map((rollup): RollupTable => ({
    ...tableOf(rollup.name),
    rollup,
    total: tableOf(`${rollup.name}_total`),
    keys: rollup.keys.map((key) => tables.columns[key]?.name ?? key),
    values: valueColumnsOf(rollup),
  }));
  const verdicts = tables.verdicts.map(({ name, sizeMs }) => ({ ...tableOf(name), sizeMs }));
  const topicIds = tables.topicIds && {
    ids: tableOf(tables.topicIds.ids),
    copies: tableOf(tables.topicIds.copies),
  };
  const derived = [
    ...(tables.own.includes("raw") ? [] : [raw]),
    ...(tables.own.includes("late") ? [] : [late]),
    rejected,
    ...rollupTables,
    ...verdicts,
    ...(topicIds === undefined ? [] : [topicIds.ids, topicIds.copies]),
  ];
  const keptBytes = tables.rejectedValues === "whole" ? Infinity : STARTS_KEPT;
  return { raw, late, rejected, keptBytes, rollups: rollupTables, verdicts, topicIds, derived };
}

function valueColumnsOf(rollup: OracleRollup): readonly ComparedColumn[] {
  const types = Object.values(rollup.aggregates).flatMap((aggregate) => {
    if (!("of" in aggregate)) return ["bigint"];
    const type = aggregate.of === "integer" ? "bigint" : "double precision";
    return aggregate.kind === "mean" ? [type, "bigint"] : [type];
  });
  return valueNamesOf(rollup).map((name, at) => compareColumn({ property: name, name, type: types[at] ?? "bigint" }));
}

export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
