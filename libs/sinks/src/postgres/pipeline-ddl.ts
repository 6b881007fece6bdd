import { getTableColumns, getTableName, type Column } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { quoteIdentifier } from "../identifiers.js";
import { isDerived, type SinkPipeline } from "../sink-pipeline.js";
import { aggregateColumns } from "../tables/aggregate-columns.js";
import type { PipelineData, RollupData } from "../tables/pipeline-data.js";
import { combine } from "./merge-sql.js";

/** A table or view that `migrate` makes for a pipeline. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly kind: "table" | "view";
  /** Names of its indexes, which share one namespace with tables. */
  readonly indexes: readonly string[];
  /** The SQL that makes it. Of a view, also that which makes it anew. */
  readonly ddl: string;
}

/** Half-empty pages keep the updates of each checkpoint on their page (HOT). */
const HOT_FILLFACTOR = 70;

/** Compares texts by their bytes: faster than by the rules of a language, and the same with each version of the system's libraries. */
const BY_BYTES = ' COLLATE "C"';

/** The tables and views of a pipeline that `migrate` makes, a table before the view on it. None for tables of another kind. */
export function pipelineRelations(pipeline: SinkPipeline): readonly Relation[] {
  if (!isDerived(pipeline)) return [];
  const { data, tables } = pipeline;
  const { own, partitionBy, verdicts } = data.tables;
  const time = data.tables.columns[data.time.field]?.name ?? data.time.field;
  const partitioned = partitionBy === "day" ? ` PARTITION BY RANGE (${quoteIdentifier(time)})` : "";
  const make = (table: PgTable, suffix = "") => createTable(data.tables.schema, table, suffix);
  const updated = ` WITH (fillfactor = ${HOT_FILLFACTOR})`;
  return [
    ...(own.includes("raw") ? [] : [make(tables.raw, partitioned)]),
    ...(own.includes("late") ? [] : [make(tables.late)]),
    make(tables.rejected),
    ...data.rollups.flatMap((rollup) => [
      make(tables.rollups[rollup.name] as PgTable, updated),
      createTotal(data, rollup),
    ]),
    ...verdicts.map((_, at) => make(tables.verdicts[at] as PgTable, updated)),
    ...(tables.topicIds === undefined
      ? []
      : [createTable(data.tables.schema, tables.topicIds.ids, "", BY_BYTES), make(tables.topicIds.copies)]),
  ];
}

function qualify(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

function listOf(columns: readonly Pick<Column, "name">[]): string {
  return columns.map(({ name }) => quoteIdentifier(name)).join(", ");
}

function createTable(schema: string, table: PgTable, suffix: string, collation = ""): Relation {
  const { indexes, primaryKeys } = getTableConfig(table);
  const name = getTableName(table);
  const columns = Object.values(getTableColumns(table)).map((column) => {
    const type = column.getSQLType();
    const collated = type === "text" ? `${type}${collation}` : type;
    return `${quoteIdentifier(column.name)} ${collated}${column.notNull ? " NOT NULL" : ""}`;
  });
  const keys = primaryKeys.map((key) => `PRIMARY KEY (${listOf(key.columns)})`);
  const made = indexes.map(({ config }) => {
    const options = Object.entries(config.with ?? {}).map(([option, value]) => `${option} = ${String(value)}`);
    const indexed = `${config.method ?? "btree"} (${listOf(config.columns as Column[])})`;
    const stored = options.length === 0 ? "" : ` WITH (${options.join(", ")})`;
    return `CREATE INDEX ${quoteIdentifier(config.name ?? "")} ON ${qualify(schema, name)} USING ${indexed}${stored}`;
  });
  const body = [...columns, ...keys].map((line) => `\n  ${line}`).join(",");
  return {
    schema,
    name,
    kind: "table",
    indexes: indexes.map(({ config }) => config.name ?? ""),
    ddl: [`CREATE TABLE ${qualify(schema, name)} (${body}\n)${suffix}`, ...made].join(";\n"),
  };
}

/**
 * Figures over all partitions of a topic. `closed`: the watermark of each partition that was ever claimed has passed the
 * window's end and the allowed lateness, or the time up to which quiet partitions were passed over has. A query that does not ask for it does not read the checkpoints: the planner leaves
 * the join out.
 */
function createTotal(data: PipelineData, rollup: RollupData): Relation {
  const { schema, columns } = data.tables;
  const keys = rollup.keys.map((key) => quoteIdentifier(columns[key]?.name ?? key));
  const grouped = ["topic", "window_start", ...keys].map((key) => `r.${key}`).join(", ");
  const figures = aggregateColumns(rollup.aggregates).map(
    (figure) => `${combine(figure, "partition", "r")} AS ${quoteIdentifier(figure.name)}`,
  );
  const openForMs = rollup.window.sizeMs + data.allowedLatenessMs;
  const name = `${rollup.name}_total`;
  const pipeline = data.name.replaceAll("'", "''");
  return {
    schema,
    name,
    kind: "view",
    indexes: [],
    ddl: `CREATE OR REPLACE VIEW ${qualify(schema, name)} AS
SELECT ${[grouped, ...figures].join(",\n  ")},
  coalesce(bool_and(r.window_start + interval '${openForMs} milliseconds' <= c.watermark), false) AS closed
FROM ${qualify(schema, rollup.name)} r LEFT JOIN (
  SELECT topic, greatest(CASE WHEN bool_and(watermark IS NOT NULL) THEN min(watermark) END,
    (SELECT closed_to FROM tidemark.closed_windows k WHERE k.pipeline = '${pipeline}' AND k.topic = p.topic)) AS watermark
  FROM tidemark.checkpoints p WHERE pipeline = '${pipeline}' GROUP BY topic
) c ON c.topic = r.topic
GROUP BY ${grouped}`,
  };
}
