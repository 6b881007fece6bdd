import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  pgSchema,
  pgTable,
  pgView,
  primaryKey,
  text,
  timestamp,
  type PgTable,
} from "drizzle-orm/pg-core";
import { aggregateColumns } from "./aggregate-columns.js";
import { eventColumn, eventColumns, type ColumnBuilder } from "./event-columns.js";
import type { PipelineData, RollupData, TopicIdsData } from "./pipeline-data.js";
import type { PipelineTables } from "./pipeline-tables.js";
import { copiesTable, idsTable } from "./topic-ids.js";
import { verdictTable } from "./verdicts.js";

/** Pages of the raw table that one entry of its BRIN index covers. */
const PAGES_PER_RANGE = 32;

const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => "bytea" });

/** Tables that the user made, in the place of derived ones. */
export interface OwnTables {
  readonly raw?: PgTable;
  readonly late?: PgTable;
}

/**
 * The tables and views of a pipeline. Properties are the names of the event's fields and of the rates, then `topic`,
 * `partition` and `offset`; those of rollups are the names of their columns, but for the keys.
 */
export function deriveTables(data: PipelineData, own: OwnTables = {}): PipelineTables {
  const { tables, rollups } = data;
  const define = tableMaker(tables.schema);
  const tableOf = (rollup: RollupData) => [rollup.name, rollupTable(data, rollup, define)] as const;
  const totalOf = (rollup: RollupData) => [rollup.name, totalView(data, rollup)] as const;
  const derived = {
    raw: own.raw ?? rawTable(data, define),
    late: own.late ?? lateTable(data, define),
    rejected: rejectedTable(tables.rejected, define),
    rollups: Object.fromEntries(rollups.map(tableOf)),
    totals: Object.fromEntries(rollups.map(totalOf)),
    verdicts: tables.verdicts.map(({ name }) => verdictTable(name, define)),
    ...(tables.topicIds && { topicIds: topicIdTables(data, tables.topicIds, define) }),
  };
  // Drizzle types columns by the code that makes them, and these are made of data.
  return derived as unknown as PipelineTables;
}

function topicIdTables(data: PipelineData, names: TopicIdsData, define: TableMaker) {
  return { ids: idsTable(data, names, define), copies: copiesTable(data, names, define) };
}

/** Defines a table in the pipeline's schema. */
type TableMaker = typeof pgTable;

/** Drizzle takes `public` as the schema of tables that name none. */
function tableMaker(schema: string): TableMaker {
  return schema === "public" ? pgTable : (pgSchema(schema).table as unknown as TableMaker);
}

function columnAt<Column>(table: { readonly topic: Column }, property: string): Column {
  return (table as unknown as Readonly<Record<string, Column>>)[property] as Column;
}

function place() {
  return { topic: text("topic").notNull(), partition: integer("partition").notNull() };
}

function position() {
  return { ...place(), offset: bigint("offset", { mode: "number" }).notNull() };
}

function rawTable(data: PipelineData, define: TableMaker) {
  const { raw, columns } = data.tables;
  const time = data.time.field;
  return define(raw, { ...eventColumns(data), ...position() }, (table) => [
    index(`${raw}_${columns[time]?.name ?? time}`)
      .using("brin", columnAt(table, time))
      .with({ pages_per_range: PAGES_PER_RANGE }),
  ]);
}

function lateTable(data: PipelineData, define: TableMaker) {
  return define(data.tables.late, {
    ...eventColumns(data),
    ...position(),
    /** The partition's watermark when the event came. */
    watermark: timestamp("watermark", { withTimezone: true }).notNull(),
    missed_by_ms: bigint("missed_by_ms", { mode: "number" }).notNull(),
  });
}

function rejectedTable(name: string, define: TableMaker) {
  return define(name, {
    ...position(),
    bytes: bytea("bytes"),
    /** Of the whole value, as is its SHA-256. */
    byte_length: integer("byte_length"),
    sha256: bytea("sha256"),
    reason: text("reason").notNull(),
    field: text("field"),
    expected: text("expected").notNull(),
    received: text("received").notNull(),
    watermark: timestamp("watermark", { withTimezone: true }),
  });
}

/** A window's start, its keys and its aggregates. */
function windowColumns({ fields, tables }: PipelineData, { keys, aggregates }: RollupData) {
  const columns: Record<string, ColumnBuilder> = {
    window_start: timestamp("window_start", { withTimezone: true }).notNull(),
  };
  for (const key of keys) {
    const column = tables.columns[key];
    if (column === undefined) throw new Error(`The definition has no column for the key ${key}.`);
    columns[key] = eventColumn(key, column, fields);
  }
  for (const { name, type, nullable } of aggregateColumns(aggregates)) {
    const column = type === "bigint" ? bigint(name, { mode: "number" }) : doublePrecision(name);
    columns[name] = nullable ? column : column.notNull();
  }
  return columns;
}

function rollupTable(data: PipelineData, rollup: RollupData, define: TableMaker) {
  const { name, keys } = rollup;
  return define(name, { ...place(), ...windowColumns(data, rollup) }, (table) => {
    const rest = ["partition", "window_start", ...keys].map((property) => columnAt(table, property));
    return [
      primaryKey({ columns: [table.topic, ...rest] as [typeof table.topic, ...(typeof table.topic)[]] }),
      index(`${name}_window_start`).on(columnAt(table, "window_start")),
    ];
  });
}

function totalView(data: PipelineData, rollup: RollupData) {
  const { schema } = data.tables;
  const define = schema === "public" ? pgView : pgSchema(schema).view;
  const columns = {
    topic: text("topic").notNull(),
    ...windowColumns(data, rollup),
    closed: boolean("closed").notNull(),
  };
  return define(`${rollup.name}_total`, columns).existing();
}
